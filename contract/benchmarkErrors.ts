// What a workload and a benchmark cannot be together.
import { z } from "zod";
import { CLIENT_NAMES, type Client, clientOf } from "./clients.ts";
import { type Benchmark, type Workload, withValues } from "./workload.ts";

/** What is wrong with workload and benchmark together, a line of `path: what is wrong` each. */
export function benchmarkErrors(workload: Workload, benchmark: Benchmark): string[] {
  const { sweep: variables, combine, search, soak } = benchmark;
  const errors: string[] = [];
  const clients = [workload.client, ...((variables?.client ?? []) as Client[])];
  const brokerless = clients.find(
    (client) => CLIENT_NAMES.includes(client) && !clientOf(client).reachesBroker,
  );
  if (search && brokerless !== undefined) {
    errors.push(`benchmark.search: client ${brokerless} reaches no broker, so there is no knee to be found`);
  }
  const lengths = new Set(Object.values(variables ?? {}).map((values) => values.length));
  if (combine === "side by side" && lengths.size > 1) {
    errors.push("benchmark.sweep: side by side, every variable needs as many values as the others");
  }
  if (soak !== undefined && (variables || search)) {
    errors.push(
      "benchmark.soak: a soak is one step; leave out sweep and search, or put them into a scenario of their own",
    );
  }
  for (const [variable, values] of Object.entries(variables ?? {})) {
    for (const value of values) {
      try {
        withValues(workload, { [variable]: value });
      } catch (error) {
        const issues =
          error instanceof z.ZodError ? error.issues.map((issue) => issue.message) : [String(error)];
        errors.push(`benchmark.sweep.${variable}: ${value}: ${issues.join("; ")}`);
      }
    }
  }
  return errors;
}

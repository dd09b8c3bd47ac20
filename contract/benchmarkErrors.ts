// Errors in a workload and a benchmark that depend on both.
import { z } from "zod";
import { CLIENT_NAMES, type Client, clientOf } from "./clients.ts";
import { withValues } from "./stepWorkload.ts";
import type { Benchmark, Workload } from "./workload.ts";

/** The errors in the combination of a workload and a benchmark, one line `path: what is wrong` each. */
export function benchmarkErrors(workload: Workload, benchmark: Benchmark): string[] {
  const { sweep, search, soak } = benchmark;
  const errors: string[] = [];
  const clients = [workload.client, ...((sweep?.client ?? []) as Client[])];
  const brokerless = clients.find(
    (client) => CLIENT_NAMES.includes(client) && !clientOf(client).reachesBroker,
  );
  if (search && brokerless !== undefined) {
    errors.push(`benchmark.search: client ${brokerless} reaches no broker, so there is no knee to find`);
  }
  if (soak !== undefined && (sweep || search)) {
    errors.push(
      "benchmark.soak: a soak is one step; remove sweep and search, or put them in another scenario",
    );
  }
  return [...errors, ...sweepErrors(workload, benchmark)];
}

function sweepErrors(workload: Workload, { sweep = {}, combine }: Benchmark): string[] {
  const errors: string[] = [];
  const lengths = new Set(Object.values(sweep).map((values) => values.length));
  if (combine === "side by side" && lengths.size > 1) {
    errors.push("benchmark.sweep: with `side by side`, every variable needs the same number of values");
  }
  for (const [variable, values] of Object.entries(sweep)) {
    for (const value of values) {
      const error = valueError(workload, variable, value);
      if (error !== undefined) errors.push(`benchmark.sweep.${variable}: ${value}: ${error}`);
    }
  }
  return errors;
}

function valueError(workload: Workload, variable: string, value: number | string): string | undefined {
  try {
    withValues(workload, { [variable]: value });
    return undefined;
  } catch (error) {
    return error instanceof z.ZodError
      ? error.issues.map(({ message }) => message).join("; ")
      : String(error);
  }
}

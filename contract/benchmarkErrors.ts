// Checks a workload and a benchmark together: every planned step, before any step runs.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { CLIENT_NAMES, type Client, clientOf } from "./clients.ts";
import { faultErrors } from "./faultPlan.ts";
import { didYouMean } from "./kafkaProperty.ts";
import { plainMessage } from "./plainMessage.ts";
import { MOST_STEPS, plannedCount } from "./runLength.ts";
import { type Load, loadVariable, scaledLoad } from "./scale.ts";
import { withValues } from "./stepWorkload.ts";
import { sweepSteps } from "./sweepSteps.ts";
import { valuesText } from "./text.ts";
import {
  type Benchmark,
  type StepValues,
  type StepVariable,
  type Workload,
  workloadSchema,
} from "./workload.ts";
import { LEAST_SCALE } from "./workloadFields.ts";

/** The errors in the combination of a workload and a benchmark, one line `path: what is wrong` each. */
export function benchmarkErrors(workload: Workload, benchmark: Benchmark): string[] {
  const { sweep, search, soak } = benchmark;
  const errors: string[] = [];
  const clients = [workload.client, ...((sweep?.client ?? []) as Client[])];
  const brokerless = clients.find(
    (client) => CLIENT_NAMES.includes(client) && !clientOf(client).reachesBroker,
  );
  if (search && brokerless !== undefined) {
    errors.push(
      `benchmark.search: client ${brokerless} reaches no broker, so there is no knee to find; remove search, or set another client`,
    );
  }
  if (soak !== undefined && (sweep || search)) {
    errors.push(
      "benchmark.soak: a soak is one step; remove sweep and search, or put them in another scenario",
    );
  }
  return [
    ...errors,
    ...sweepErrors(workload, benchmark),
    ...searchErrors(workload, benchmark),
    ...logCheckErrors(workload, benchmark),
    ...faultErrors(benchmark),
    ...scaleErrors({ workload, benchmark }),
  ];
}

/** `scale` needs loads that can become smaller; `auto` also needs a broker, and the preheat that shows what it can do. */
function scaleErrors(load: Load): string[] {
  const { workload, benchmark } = load;
  const { scale, preheat, sweep } = benchmark;
  if (scale === undefined || scale === "none" || scale === 1) return [];
  if (scale === "auto" && preheat === 0) {
    return [
      "benchmark.scale: with auto, the preheat shows what this machine can do, but benchmark.preheat is 0 seconds; set a preheat, or a number as scale",
    ];
  }
  const clients = [workload.client, ...((sweep?.client ?? []) as Client[])];
  const brokerless = clients.find((each) => CLIENT_NAMES.includes(each) && !clientOf(each).reachesBroker);
  if (scale === "auto" && brokerless !== undefined) {
    return [
      `benchmark.scale: client ${brokerless} reaches no broker, so its limit cannot be found out; set a number as scale, or another client`,
    ];
  }
  if (!isDeepStrictEqual(scaledLoad(load, scale === "auto" ? LEAST_SCALE : scale), load)) return [];
  const variable = loadVariable(load);
  return [
    `benchmark.scale: there is nothing to scale: a smaller ${variable} would leave too few messages to decide whether a step met the SLO; remove scale, or raise ${variable} or benchmark.duration`,
  ];
}

/** Largest product of producers and partitions with a log check, which needs 4 bytes for each pair. */
const MOST_CHECKED_PAIRS = 100_000_000;

function logCheckErrors(workload: Workload, { logCheck, sweep, search }: Benchmark): string[] {
  if (!logCheck) return [];
  const most = (variable: "producers" | "partitions") =>
    Math.max(
      workload[variable],
      ...(sweep?.[variable] ?? []).map(Number),
      search?.variable === variable ? search.to : 0,
    );
  const pairs = most("producers") * most("partitions");
  if (pairs <= MOST_CHECKED_PAIRS) return [];
  return [
    `benchmark.logCheck: ${most("producers")} producers and ${most("partitions")} partitions are ${pairs} pairs, each of which needs memory; expected at most ${MOST_CHECKED_PAIRS}: lower producers or partitions, or remove logCheck`,
  ];
}

function sweepErrors(workload: Workload, benchmark: Benchmark): string[] {
  const { sweep = {}, combine } = benchmark;
  const lengths = new Set(Object.values(sweep).map((values) => values.length));
  if (combine === "side by side" && lengths.size > 1) {
    return ["benchmark.sweep: with `side by side`, every variable needs the same number of values"];
  }
  const count = plannedCount(benchmark);
  if (count > MOST_STEPS) {
    return [
      `benchmark.sweep: its values have ${count} combinations; expected at most ${MOST_STEPS}: remove values, or set combine: side by side`,
    ];
  }
  const values = Object.entries(sweep).flatMap(([name, each]) => valueErrors(name as StepVariable, each));
  return values.length > 0
    ? values
    : [...stepErrors(workload, benchmark), ...topicErrors(workload, benchmark)];
}

/** Errors of single values, which do not depend on the other options. */
function valueErrors(variable: StepVariable, values: readonly (number | string)[]): string[] {
  return values.flatMap((value) => {
    const error = fieldError(variable, value);
    return error === undefined ? [] : [`benchmark.sweep.${variable}: ${value}: ${error}`];
  });
}

function fieldError(variable: StepVariable, value: number | string): string | undefined {
  const { error } = workloadSchema.shape[variable].safeParse(value, { error: plainMessage });
  const hint = variable === "client" ? didYouMean(String(value), CLIENT_NAMES) : "";
  return error && `${error.issues.map(({ message }) => message).join("; ")}${hint}`;
}

/** Errors of steps whose values conflict: one error per reason, with the first step that has it. */
function stepErrors(workload: Workload, benchmark: Benchmark): string[] {
  const reasons = new Map<string, { message: string; values: StepValues; count: number }>();
  // Every step is parsed. The content is left out, because it does not vary and may be a megabyte.
  const light: Workload = { ...workload, content: "random" };
  for (const values of sweepSteps(benchmark)) {
    if (Object.keys(values).length === 0) continue;
    for (const message of stepMessages(light, values)) {
      // Messages that differ only in their numbers have the same reason.
      const reason = message.replace(/\d+(\.\d+)?/g, "#");
      const entry = reasons.get(reason);
      if (entry) entry.count += 1;
      else reasons.set(reason, { message, values, count: 1 });
    }
  }
  return [...reasons.values()].map(({ message, values, count }) => {
    const more = count > 1 ? ` (and ${count - 1} more steps)` : "";
    return `benchmark.sweep: ${valuesText(values)}${more}: ${message}`;
  });
}

function stepMessages(workload: Workload, values: StepValues): string[] {
  try {
    withValues(workload, values);
    return [];
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return error.issues.map(({ path, message }) => `workload.${path.join(".")}: ${message}`);
  }
}

/** A topic named in the settings is created once, so later steps cannot have another number of partitions. */
function topicErrors({ topic, client }: Workload, { sweep }: Benchmark): string[] {
  const partitions = new Set(sweep?.partitions ?? []);
  if (topic === undefined || partitions.size < 2 || !clientOf(client).reachesBroker) return [];
  return [
    `benchmark.sweep.partitions: the topic ${topic} is created once and kept, so every step has the same number of partitions; remove workload.topic`,
  ];
}

function searchErrors(workload: Workload, { search }: Benchmark): string[] {
  if (!search) return [];
  const { variable } = search;
  const ends = (["from", "to"] as const).flatMap((end) => {
    const error = fieldError(variable, search[end]);
    return error === undefined ? [] : [`benchmark.search.${end}: ${search[end]} ${variable}: ${error}`];
  });
  if (ends.length > 0) return ends;
  const light: Workload = { ...workload, content: "random" };
  return stepMessages(light, { [variable]: search.to }).map(
    (message) => `benchmark.search.to: ${search.to} ${variable}: ${message}`,
  );
}

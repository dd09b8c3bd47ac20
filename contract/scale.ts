// Scales the load of a benchmark to what a machine can do. The only place where loads are scaled.
import { z } from "zod";
import { sweepSteps } from "./sweepSteps.ts";
import { formatNumber } from "./text.ts";
import {
  type Benchmark,
  ratePerProducer,
  type StepVariable,
  type VariableValue,
  type Workload,
} from "./workload.ts";
import { DEFAULT_RATE, LEAST_RATE } from "./workloadFields.ts";

/** How the loads of a run were scaled. */
export const scaleSchema = z.strictObject({
  /** Loads were multiplied by this; 1: they are as the scenario has them. */
  factor: z.number().positive().max(1),
  /** `auto`: from what the machine could do. `fixed`: the scenario gives the number. */
  setting: z.enum(["auto", "fixed"]),
  /** The largest total rate that met the SLO in the preheat, in messages per second; null: none did, or it was not tried. */
  carriedPerSec: z.number().nullable(),
  /** The smallest larger one that did not; null: none. */
  missedPerSec: z.number().nullable(),
  /** The run whose preheat showed this. Absent: this run. */
  seenIn: z.string().optional(),
});
/** How the loads of a run were scaled: {@link scaleSchema}. */
export type Scale = z.output<typeof scaleSchema>;

/** How the loads of a run were scaled, in one sentence: "loads scaled by 0.2 to what this machine can do (scale: auto): …". */
export function scaleSentence(scale: Scale | undefined): string | undefined {
  if (!scale) return undefined;
  const { factor, setting, seenIn } = scale;
  if (setting === "fixed") return `loads scaled by ${factor} (scale: ${factor})`;
  const where = seenIn === undefined ? "in the preheat" : `in the preheat of ${seenIn}`;
  const what =
    factor === 1
      ? "loads not scaled, because this machine can carry them (scale: auto)"
      : `loads scaled by ${factor} to what this machine can do (scale: auto)`;
  return `${what}: ${shownText(scale, where)}`;
}

function shownText({ carriedPerSec, missedPerSec }: Scale, where: string): string {
  const rate = (perSec: number) => `${formatNumber(perSec)} messages per second`;
  if (carriedPerSec === null) {
    const smallest = missedPerSec === null ? "" : `, from ${rate(missedPerSec)} up`;
    return `no load met the SLO ${where}${smallest}`;
  }
  const missed = missedPerSec === null ? "" : `, ${formatNumber(missedPerSec)} did not`;
  return `${rate(carriedPerSec)} met the SLO ${where}${missed}`;
}

/**
 * How the loads of a run are scaled, as far as that is known before it.
 *
 * @param given what a session before, or another run of the same comparison, has found out
 * @returns undefined: they are not scaled, or the run has to find out
 */
export function knownScale({ scale }: Pick<Benchmark, "scale">, given?: Scale): Scale | undefined {
  if (scale === "auto") return given;
  if (typeof scale !== "number") return undefined;
  return { factor: scale, setting: "fixed", carriedPerSec: null, missedPerSec: null };
}

/** A workload and how it is measured. */
export interface Load {
  workload: Workload;
  benchmark: Benchmark;
}

/** The workload option that is scaled. */
export type LoadVariable = "producers" | "rate" | "totalRate";

/** Fewer producers than this are too few to be scaled, so that their rate is scaled instead. */
const FEW_PRODUCERS = 10;
/** A verdict that the SLO was met needs 1,000 messages (bench/measure/evaluate.ts). A tenth more, for random arrivals. */
export const DECIDING_MESSAGES = 1_100;
/** A load falls at most so far that this many times the measured time is enough for a verdict. */
const LONGER = 4;

/**
 * The option that carries the load: the one that a search or a sweep varies, else `totalRate` if it is set, else `producers`, or
 * `rate` if there are fewer than 10 producers.
 */
export function loadVariable({ workload, benchmark: { sweep, search } }: Load): LoadVariable {
  const varies = (name: LoadVariable) => search?.variable === name || sweep?.[name] !== undefined;
  if (varies("totalRate")) return "totalRate";
  if (search?.variable === "rate") return "rate";
  if (workload.totalRate !== undefined && !varies("rate")) return "totalRate";
  if (varies("producers")) return "producers";
  return varies("rate") || workload.producers < FEW_PRODUCERS ? "rate" : "producers";
}

/**
 * The load multiplied by a factor: values of the sweep, the first value of the search, and the workload itself, of one option
 * ({@link loadVariable}). The last value of a search stays, because a search stops at the first load that misses the SLO.
 * Producers stay whole. Values that become equal are merged, and no value falls so far that a step cannot decide on the SLO.
 *
 * @param factor from 0 to 1; 1 changes nothing
 */
export function scaledLoad(load: Load, factor: number): Load {
  if (factor >= 1) return load;
  const { workload, benchmark } = load;
  const { sweep, search } = benchmark;
  const variable = loadVariable(load);
  const least = leastLoad(load);
  const scale = (value: number) => Math.min(value, Math.max(least, rounded(variable, value * factor)));
  const base = baseLoad(workload, variable);
  return {
    workload: base === undefined ? workload : { ...workload, [variable]: scale(base) },
    benchmark: {
      ...benchmark,
      ...(sweep?.[variable] && { sweep: scaledSweep(benchmark, variable, scale) }),
      ...(search?.variable === variable && { search: { ...search, from: scale(search.from) } }),
    },
  };
}

/** The largest value of 1, 2, 5, 10, … (and 0.5, 0.2, 0.1, …) that is at most this one. */
export function roundedFactor(factor: number): number {
  const power = Math.floor(Math.log10(factor) + 1e-9);
  const digit = [5, 2].find((each) => each * 10 ** power <= factor * (1 + 1e-9)) ?? 1;
  return Number((digit * 10 ** power).toPrecision(1));
}

/** The value of the load's option in a workload; undefined: the workload sets the other one of rate and totalRate. */
export function baseLoad(workload: Workload, variable: LoadVariable): number | undefined {
  if (variable !== "rate") return workload[variable];
  return workload.totalRate === undefined ? (workload.rate ?? DEFAULT_RATE) : undefined;
}

/** Rounds a value of the load: producers to whole numbers, from 1 on. */
export function rounded(variable: LoadVariable, value: number): number {
  if (variable === "producers") return Math.max(1, Math.round(value));
  return Math.max(LEAST_RATE, Number(value.toPrecision(3)));
}

/** The smallest load, of the option that carries it, with which a step can still decide on the SLO, and which is valid. */
export function leastLoad(load: Load): number {
  const { workload, benchmark } = load;
  const { sweep = {}, search, duration, soak } = benchmark;
  const variable = loadVariable(load);
  const numbers = (name: StepVariable) => (sweep[name] ?? []).filter((value) => typeof value === "number");
  const perSec =
    DECIDING_MESSAGES / (LONGER * (soak ?? duration) * Math.min(...numbers("groups"), workload.groups));
  if (variable === "totalRate") return rounded(variable, perSec);
  if (variable === "rate") {
    const producers = [...numbers("producers"), ...(search?.variable === "producers" ? [search.from] : [])];
    return rounded(variable, perSec / Math.min(...(producers.length > 0 ? producers : [workload.producers])));
  }
  const rates = [...numbers("rate"), ...(search?.variable === "rate" ? [search.from] : [])];
  const rate = Math.min(...(rates.length > 0 ? rates : [workload.rate ?? DEFAULT_RATE]));
  const { topics = 1, nodes = 1 } = workload;
  const places = [topics, nodes, ...numbers("topics"), ...numbers("nodes")];
  return Math.max(...places, Math.ceil(perSec / rate));
}

/** The total rate of a step with these values, in messages per second. */
export function totalPerSec(workload: Workload, values: Partial<Record<LoadVariable, number>>): number {
  const { totalRate, rate, producers = workload.producers } = values;
  if (totalRate !== undefined) return totalRate;
  return rate === undefined ? producers * ratePerProducer({ ...workload, producers }) : producers * rate;
}

function scaledSweep(
  benchmark: Benchmark,
  variable: LoadVariable,
  scale: (value: number) => number,
): NonNullable<Benchmark["sweep"]> {
  const sweep = benchmark.sweep ?? {};
  const before = sweep[variable] ?? [];
  const values = before.map((value) => (typeof value === "number" ? scale(value) : value));
  const scaled = { ...sweep, [variable]: values };
  if (benchmark.combine === "product") {
    const isKept = keepsRepetitions(before, values);
    return { ...scaled, [variable]: values.filter((_, index) => isKept[index]) };
  }
  const rowsOf = (each: typeof sweep) =>
    sweepSteps({ sweep: each, combine: benchmark.combine }).map((row) => JSON.stringify(row));
  const isKept = keepsRepetitions(rowsOf(sweep), rowsOf(scaled));
  return Object.fromEntries(
    Object.entries(scaled).map(([name, each]) => [
      name,
      (each as VariableValue[]).filter((_, index) => isKept[index]),
    ]),
  );
}

/**
 * Which values to keep: of different ones that became equal, only the first. A value that the sweep repeats, as one that goes up and
 * down again, is kept as often as before.
 */
function keepsRepetitions<T>(before: readonly T[], scaled: readonly T[]): boolean[] {
  const firsts = new Map<T, T>();
  for (const [index, value] of scaled.entries())
    if (!firsts.has(value)) firsts.set(value, before[index] as T);
  return scaled.map((value, index) => firsts.get(value) === before[index]);
}

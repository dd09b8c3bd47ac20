import { type Random, randomOf } from "../../bench/load/random.ts";
import { nextStep } from "../../bench/plan/index.ts";
import type { Trial } from "../../bench/plan/trial.ts";
import type { Benchmark, SearchVariable, Workload } from "../../contract/workload.ts";

export interface SimulatedBroker {
  /** The value of the searched variable at which p99 equals the SLO, without noise. */
  limit: number;
  /** Standard deviation of the logarithm of p99. @default 0 */
  noise?: number;
  /** Probability that other load on the machine disturbs a trial. @default 0 */
  outliers?: number;
  /** The generator is at its own limit from this value on. @default never */
  ceiling?: number;
  /** No step is steady from this value on. @default never */
  unsteadyFrom?: number;
  seed?: number;
}

/** p99 grows as in a queue, steeply towards the capacity: it equals `slo` at the limit, and half of `slo` at 85 % of the limit. */
export function p99At(value: number, limit: number, sloMs: number): number {
  const capacity = limit / 0.85;
  const load = Math.min(0.999, value / capacity);
  return (sloMs * (load / (1 - load))) / (0.85 / 0.15);
}

/** One trial of a value. */
export function trialOf(
  broker: SimulatedBroker,
  variable: SearchVariable,
  value: number,
  sloMs: number,
  random: Random,
): Trial {
  const { limit, noise = 0, outliers = 0, ceiling = Number.POSITIVE_INFINITY, unsteadyFrom } = broker;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const disturbed = random() < outliers ? 5 : 1;
  const p99Ms = p99At(value, limit, sloMs) * Math.exp(noise * normal) * disturbed;
  const measured = p99Ms <= sloMs ? "ok" : "slo-missed";
  const steady = value >= (unsteadyFrom ?? Number.POSITIVE_INFINITY) ? "not-steady" : measured;
  const verdict = value >= ceiling ? "generator-bound" : steady;
  const reasons = verdict === "ok" ? [] : [`${verdict} at ${value}`];
  return { phase: "search", values: { [variable]: value }, verdict, reasons, p99Ms, seconds: 20 };
}

/** A whole run against a simulated broker: its history, and how it ended. */
export function simulate(
  workload: Workload,
  benchmark: Benchmark,
  broker: SimulatedBroker,
  earlier: readonly Trial[] = [],
) {
  const random = randomOf(broker.seed ?? 1);
  const history: Trial[] = [...earlier];
  for (;;) {
    const next = nextStep(workload, benchmark, history);
    if ("done" in next) return { ...next.done, history };
    if (history.length > 10_000) throw new Error("the search does not end");
    const variable = benchmark.search?.variable ?? "producers";
    const value = Number(next.step.values[variable]);
    const trial = trialOf(broker, variable, value, benchmark.slo.p99Ms, random);
    history.push({ ...trial, phase: next.step.phase, values: next.step.values });
  }
}

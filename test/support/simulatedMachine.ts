// Whole runs on a simulated machine that carries a known total rate, the preheat and the scaling of loads included.
import { randomOf } from "../../bench/load/random.ts";
import { nextOfScaling, nextStep, scaledPlan } from "../../bench/plan/index.ts";
import { withMeasuredTime } from "../../bench/plan/measuredTime.ts";
import { benchmarkOf } from "../../bench/plan/preheat.ts";
import type { PlannedStep, Trial } from "../../bench/plan/trial.ts";
import { knownScale, type Load, type Scale } from "../../contract/scale.ts";
import { withValues } from "../../contract/stepWorkload.ts";
import { meanBytes, ratePerProducer } from "../../contract/workload.ts";
import { p99At } from "./simulatedBroker.ts";

/** A machine that does everything itself. */
export interface SimulatedMachine {
  /** The total rate at which p99 equals the SLO, in messages per second. */
  perSec: number;
  /** The same limit for bytes. @default none */
  bytesPerSec?: number;
  /** Standard deviation of the logarithm of p99. @default 0 */
  noise?: number;
  seed?: number;
}

/** Fewer messages have no p99. */
const LEAST_MESSAGES = 1_000;
/** The part of a step that is not measured, s. */
const OVERHEAD_SEC = 5;

/** A whole run: its plan once its loads are scaled, all of its steps, and how it ended. */
export function runOn(machine: SimulatedMachine, load: Load, given?: Scale) {
  const random = randomOf(machine.seed ?? 1);
  const history: Trial[] = [];
  const tried = (step: PlannedStep, plan: Load, isScaled: boolean) => {
    const usual = benchmarkOf(step.phase, plan.benchmark, history);
    const { duration } = withMeasuredTime(usual, step, plan, isScaled);
    const workload = withValues(plan.workload, step.values);
    const perSec = workload.producers * ratePerProducer(workload);
    const share = Math.max(
      perSec / machine.perSec,
      (perSec * meanBytes(workload.messageBytes)) / (machine.bytesPerSec ?? Number.POSITIVE_INFINITY),
    );
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const p99Ms = p99At(share, 1, plan.benchmark.slo.p99Ms) * Math.exp((machine.noise ?? 0) * normal);
    const isKnown = perSec * duration * workload.groups >= LEAST_MESSAGES;
    const met = isKnown ? ("ok" as const) : ("not-decidable" as const);
    const verdict = p99Ms > plan.benchmark.slo.p99Ms ? ("slo-missed" as const) : met;
    const { phase, values } = step;
    const reasons = verdict === "ok" ? [] : [verdict];
    const seconds = OVERHEAD_SEC + duration;
    history.push({ phase, values, verdict, reasons, p99Ms: isKnown ? p99Ms : null, p50Ms: 1, seconds });
    if (history.length > 1_000) throw new Error("the run does not end");
  };
  let scale = knownScale(load.benchmark, given);
  while (!scale && load.benchmark.scale === "auto") {
    const next = nextOfScaling(load, history);
    if ("scale" in next) scale = next.scale;
    else tried(next.step, load, false);
  }
  const plan = scale ? scaledPlan(load, scale, history) : load;
  for (;;) {
    const next = nextStep(plan.workload, plan.benchmark, history);
    if ("done" in next) return { ...next.done, scale, plan, history };
    tried(next.step, plan, (scale?.factor ?? 1) < 1);
  }
}

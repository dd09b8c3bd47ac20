// Searches of simulated brokers whose limit is known.
import { type Random, randomOf } from "../../bench/load/random.ts";
import { nextStep } from "../../bench/plan/index.ts";
import type { Trial } from "../../bench/plan/trial.ts";
import type { Knee } from "../../contract/result.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { normal } from "./random.ts";
import { atLeast, atMost, type Check, type Extent } from "./row.ts";

const CHECK = "knee";
const LIMIT = 555;
/** Load at the limit, as a share of the broker's capacity. */
const LIMIT_LOAD = 0.85;
const MOST_STEPS = 1_000;
const COVERAGE = 0.88;
/** The true limit is this close to the knee. */
const NEAR = 0.15;

const workload = workloadSchema.parse({});
const benchmark = benchmarkSchema.parse({ search: { variable: "producers", from: 10, to: 2_000 } });

/** A queue whose p99 is the SLO's at the limit; noise of 30 %, and one in twenty trials is five times as slow for another reason. */
function trial(
  producers: number,
  ceiling: number,
  random: Random,
): Pick<Trial, "verdict" | "reasons" | "p99Ms"> {
  const load = Math.min(0.999, (LIMIT_LOAD * producers) / LIMIT);
  const queue = load / (1 - load) / (LIMIT_LOAD / (1 - LIMIT_LOAD));
  const spoiled = random() < 0.05 ? 5 : 1;
  const p99Ms = benchmark.slo.p99Ms * queue * Math.exp(0.3 * normal(random)) * spoiled;
  const brokerVerdict = p99Ms <= benchmark.slo.p99Ms ? "ok" : "slo-missed";
  const verdict = producers >= ceiling ? "generator-bound" : brokerVerdict;
  return { verdict, reasons: verdict === "ok" ? [] : [`${verdict} at ${producers}`], p99Ms };
}

/** @param ceiling the generator is at its limit from this many producers on */
function search(ceiling: number, random: Random): Knee | null {
  const history: Trial[] = [];
  for (;;) {
    const next = nextStep(workload, benchmark, history);
    if ("done" in next) return next.done.knee;
    if (history.length > MOST_STEPS) throw new Error(`a search did not end after ${MOST_STEPS} steps`);
    const { phase, values } = next.step;
    history.push({ phase, values, seconds: 20, ...trial(Number(values.producers), ceiling, random) });
  }
}

function searches(count: number, ceiling: number): (Knee | null)[] {
  return Array.from({ length: count }, (_, number) => search(ceiling, randomOf(number)));
}

const covers = ({ interval: [low, high] }: Knee) => low <= LIMIT && (high === null || high >= LIMIT);

/** Coverage of the knee's interval (bench/plan/). */
export const knee: Check = {
  name: CHECK,
  rows: (extent: Extent) => {
    const trials = extent.quick ? 10 : 100;
    const found = searches(trials, Number.POSITIVE_INFINITY).filter((each) => each !== null);
    const beyond = searches(extent.quick ? 5 : 50, LIMIT / 2);
    return [
      atLeast(CHECK, extent, COVERAGE, {
        what: "true limit within the 90 % interval of the knee",
        hits: found.filter(covers).length,
        trials,
      }),
      atLeast(CHECK, extent, 0.9, {
        what: `knee within ${100 * NEAR} % of the true limit`,
        hits: found.filter(({ value }) => Math.abs(value - LIMIT) <= NEAR * LIMIT).length,
        trials,
      }),
      atMost(CHECK, extent, 0, {
        what: "generator's limit taken for a knee",
        hits: beyond.filter((each) => each !== null && each.interval[1] !== null).length,
        trials: beyond.length,
      }),
    ];
  },
};

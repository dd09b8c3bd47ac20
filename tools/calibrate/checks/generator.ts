// The generator alone: what it can do at the most where nothing else holds it up, and whether steps are called
// generator-bound before it cannot do more.
import type { Step } from "../../../contract/result";
import type { Check } from "../check";
import { holds, type Row, stated } from "../row";
import type { Stand } from "../stand";

const FIRST_RATE = 4_000;
/** From the first rate on it is doubled until one is bound, or halved until one is not. */
const FULL = { doublings: 8, refined: 4, seconds: 6 };
const QUICK = { doublings: 6, refined: 1, seconds: 4 };
const PRODUCERS = 100;
/** Of the messages that were due in a second of the measured time: less sent is a generator that cannot keep up. */
const KEPT_UP = 0.98;

/** Of one rate. */
export interface Trial {
  rate: number;
  bound: boolean;
  keptUp: boolean;
  lagP99Ms: number | null;
  cpu: number | null;
}

export function trialOf(rate: number, { verdict, reasons, seconds, generator }: Step): Trial {
  if (verdict === "failed") throw new Error(`the generator alone failed: ${reasons.join("; ")}`);
  const measured = seconds.filter((second) => second.measured);
  return {
    rate,
    bound: verdict === "generator-bound",
    keptUp: measured.every(({ offered, sent }) => sent >= KEPT_UP * offered) && measured.length > 0,
    lagP99Ms: generator.scheduleLagMsP99,
    cpu: generator.cpu,
  };
}

/** So many rates between two, evenly on a logarithmic scale. */
export function between(low: number, high: number, count: number): number[] {
  const ratio = (high / low) ** (1 / (count + 1));
  return Array.from({ length: count }, (_, index) => Math.round(low * ratio ** (index + 1)));
}

/** The highest rate below every one that is bound, and the lowest one that is. */
export function borderOf(trials: readonly Trial[]): { ceiling: Trial | undefined; bound: Trial | undefined } {
  const sorted = [...trials].sort((a, b) => a.rate - b.rate);
  const bound = sorted.find((trial) => trial.bound);
  const good = sorted.filter(({ rate }) => bound === undefined || rate < bound.rate);
  return { ceiling: good.at(-1), bound };
}

const show = ({ rate, lagP99Ms, cpu }: Trial) =>
  `${rate} messages per second (schedule lag p99 ${lagP99Ms?.toFixed(2) ?? "-"} ms, ${cpu?.toFixed(2) ?? "-"} CPUs)`;

export function generatorRows(trials: readonly Trial[]): Row[] {
  const { ceiling, bound } = borderOf(trials);
  const behind = trials.filter(({ keptUp }) => !keptUp);
  const missed = behind.filter((trial) => !trial.bound);
  return [
    stated(
      "no broker, no client: the highest rate that is not generator-bound",
      ceiling ? show(ceiling) : "-",
    ),
    stated("the lowest rate that is generator-bound", bound ? show(bound) : "none that was tried"),
    holds(
      "there is a ceiling, and it was found",
      ceiling !== undefined && bound !== undefined,
      "a rate that is not bound below one that is",
      `${trials.length} rates were tried`,
    ),
    holds(
      "every rate at which the generator falls behind is called generator-bound",
      missed.length === 0,
      "none is called anything else",
      missed.length > 0 ? `not called so: ${missed.map(show).join("; ")}` : `${behind.length} fell behind`,
    ),
  ];
}

async function tried(stand: Stand, rates: readonly number[], seconds: number): Promise<Trial[]> {
  const { steps } = await stand.run([
    ...[`client="null"`, `producers=${PRODUCERS}`, `sweep.totalRate=${JSON.stringify(rates)}`],
    ...[`duration=${seconds}`, "warmUp.max=8", "drain=5"],
  ]);
  return steps.map((step, index) => trialOf(rates[index] ?? 0, step));
}

async function measure(stand: Stand, { doublings, refined, seconds }: typeof FULL): Promise<Row[]> {
  const trials: Trial[] = [];
  for (let rate = FIRST_RATE; trials.length < doublings; rate *= trials[0]?.bound ? 0.5 : 2) {
    trials.push(...(await tried(stand, [rate], seconds)));
    if (trials.at(-1)?.bound !== trials[0]?.bound) break;
  }
  const { ceiling, bound } = borderOf(trials);
  if (ceiling && bound)
    trials.push(...(await tried(stand, between(ceiling.rate, bound.rate, refined), seconds)));
  return generatorRows(trials);
}

export const generator: Check = {
  name: "generator",
  question: "What can the generator do by itself, and is a step called generator-bound in time?",
  run: async (stand, { quick, add }) => add(...(await measure(stand, quick ? QUICK : FULL))),
};

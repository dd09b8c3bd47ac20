// The generator alone: what it can do at the most where nothing else holds it up, and whether steps are called
// generator-bound before it cannot do more.
import { isMeasured, type Step } from "../../../contract/result.ts";
import type { Check } from "../check.ts";
import type { Harness } from "../harness.ts";
import { QUESTIONS } from "../questions.ts";
import { holds, type Row, stated } from "../row.ts";

const FIRST_RATE = 4_000;
/** It is doubled until the generator falls behind, so often at the most; then the border is looked for more closely. */
const FULL = { doublings: 8, refined: 4, seconds: 6 };
const QUICK = { doublings: 5, refined: 1, seconds: 4 };
/** Where the first rate is bound already, it is halved until one is not. */
const HALVINGS = 4;
const PRODUCERS = 100;
/** Of the messages that are due in a second: less sent, in any measured second, is a generator that cannot keep up. */
const KEPT_UP = 0.98;

/** Of one rate. */
export interface Trial {
  rate: number;
  bound: boolean;
  keptUp: boolean;
  lagP99Ms: number | null;
  cpu: number | null;
  /** It is bound; empty where it is not. */
  why: string;
}

export function trialOf(rate: number, step: Step): Trial {
  const { verdict, reasons } = step;
  if (!isMeasured(step) || verdict === "failed")
    throw new Error(`the generator alone failed: ${reasons.join("; ")}`);
  const { seconds, generator } = step;
  const measured = seconds.filter((second) => second.measured);
  return {
    rate,
    bound: verdict === "generator-bound",
    // By the rate that was asked for: what a generator far behind counts as due, it counts late as well.
    keptUp: measured.length > 0 && measured.every(({ sent }) => sent >= KEPT_UP * rate),
    why: reasons.filter((text) => text.startsWith("the generator")).join("; "),
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
  const allBehind = [...trials].sort((a, b) => a.rate - b.rate).filter(({ keptUp }) => !keptUp);
  const [behind] = allBehind;
  const missed = allBehind.filter((trial) => !trial.bound);
  return [
    stated(
      "no broker, no client: the highest rate that is not generator-bound",
      ceiling ? show(ceiling) : "-",
    ),
    stated("the lowest rate that is generator-bound", bound ? `${show(bound)}: ${bound.why}` : "none was"),
    stated("the lowest rate at which it falls behind", behind ? show(behind) : "none that was tried"),
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
      missed.length > 0
        ? `not called so: ${missed.map(show).join("; ")}`
        : `${allBehind.length} of ${trials.length} fell behind`,
    ),
  ];
}

async function tried(harness: Harness, rates: readonly number[], seconds: number): Promise<Trial[]> {
  const { steps } = await harness.run([
    ...[`client="null"`, `producers=${PRODUCERS}`, `sweep.totalRate=${JSON.stringify(rates)}`],
    ...[`duration=${seconds}`, "warmUp.max=8", "drain=5"],
  ]);
  return steps.map((step, index) => trialOf(rates[index] ?? 0, step));
}

async function measure(harness: Harness, { doublings, refined, seconds }: typeof FULL): Promise<Row[]> {
  const trials: Trial[] = [];
  const tryFrom = async (first: number, factor: number, times: number, enough: (trial: Trial) => boolean) => {
    for (let time = 0; time < times; time += 1) {
      const [trial] = await tried(harness, [first * factor ** time], seconds);
      if (trial) trials.push(trial);
      if (!trial || enough(trial)) return;
    }
  };
  await tryFrom(FIRST_RATE, 2, doublings, ({ keptUp }) => !keptUp);
  if (trials[0]?.bound) await tryFrom(FIRST_RATE / 2, 0.5, HALVINGS, ({ bound: isBound }) => !isBound);
  const { ceiling, bound } = borderOf(trials);
  if (ceiling && bound)
    trials.push(...(await tried(harness, between(ceiling.rate, bound.rate, refined), seconds)));
  return generatorRows(trials);
}

export const generator: Check = {
  name: "generator",
  question: QUESTIONS.generator,
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};

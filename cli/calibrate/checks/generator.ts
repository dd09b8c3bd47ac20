// The generator without brokers: its highest rate, and whether steps are called generator-bound before it falls behind.
import { isMeasured, type Step } from "../../../contract/result.ts";
import type { Check } from "../check.ts";
import type { Harness } from "../harness.ts";
import { QUESTIONS } from "../questions.ts";
import { holds, type Row, stated } from "../row.ts";

const FIRST_RATE = 4_000;
/** How many rates are tried at most, each twice the one before, until the generator falls behind. */
const DOUBLINGS = 10;
/** `refined`: how many rates are tried afterwards, between the highest that is not generator-bound and the lowest that is. */
const FULL = { refined: 4, seconds: 6 };
const QUICK = { refined: 1, seconds: 4 };
/** How often the first rate is halved at most if it is already generator-bound. */
const HALVINGS = 4;
const PRODUCERS = 100;
/** A generator keeps up if it sends this share of the due messages in every measured second. */
const KEPT_UP = 0.98;

/** The result of one rate. */
export interface Trial {
  rate: number;
  bound: boolean;
  keptUp: boolean;
  lagP99Ms: number | null;
  cpu: number | null;
  /** Why it is generator-bound; empty if it is not. */
  reason: string;
}

/** The result of a step at this rate. @throws Error when the step failed */
export function trialOf(rate: number, step: Step): Trial {
  const { verdict, reasons } = step;
  if (!isMeasured(step) || verdict === "failed")
    throw new Error(`the generator alone failed: ${reasons.join("; ")}`);
  const { seconds, generator } = step;
  const measured = seconds.filter((second) => second.measured);
  return {
    rate,
    bound: verdict === "generator-bound",
    // Compared with the requested rate: a generator that is far behind also counts due messages late.
    keptUp: measured.length > 0 && measured.every(({ sent }) => sent >= KEPT_UP * rate),
    reason: reasons.filter((text) => text.startsWith("the generator")).join("; "),
    lagP99Ms: generator.scheduleLagMsP99,
    cpu: generator.cpu,
  };
}

/** `count` rates between two rates, evenly spaced on a logarithmic scale. */
export function between(low: number, high: number, count: number): number[] {
  const ratio = (high / low) ** (1 / (count + 1));
  return Array.from({ length: count }, (_, index) => Math.round(low * ratio ** (index + 1)));
}

/** The lowest generator-bound rate, and the highest rate below it. */
export function limitOf(trials: readonly Trial[]): { ceiling: Trial | undefined; bound: Trial | undefined } {
  const sorted = [...trials].sort((a, b) => a.rate - b.rate);
  const bound = sorted.find((trial) => trial.bound);
  const good = sorted.filter(({ rate }) => bound === undefined || rate < bound.rate);
  return { ceiling: good.at(-1), bound };
}

const show = ({ rate, lagP99Ms, cpu }: Trial) =>
  `${rate} messages per second (schedule lag p99 ${lagP99Ms?.toFixed(2) ?? "-"} ms, ${cpu?.toFixed(2) ?? "-"} CPUs)`;

/** The rows of the table. */
export function generatorRows(trials: readonly Trial[]): Row[] {
  const { ceiling, bound } = limitOf(trials);
  const allBehind = [...trials].sort((a, b) => a.rate - b.rate).filter(({ keptUp }) => !keptUp);
  const [behind] = allBehind;
  const missed = allBehind.filter((trial) => !trial.bound);
  return [
    stated("no brokers: the highest rate that is not generator-bound", ceiling ? show(ceiling) : "-"),
    stated(
      "the lowest rate that is generator-bound",
      bound ? `${show(bound)}: ${bound.reason}` : "no rate was",
    ),
    stated("the lowest rate at which the generator falls behind", behind ? show(behind) : "no rate"),
    holds(
      "the generator's limit was found",
      ceiling !== undefined && bound !== undefined,
      "a rate that is not generator-bound below one that is",
      `${trials.length} rates were tried`,
    ),
    holds(
      "every rate at which the generator falls behind is called generator-bound",
      missed.length === 0,
      "all of them",
      missed.length > 0
        ? `not called generator-bound: ${missed.map(show).join("; ")}`
        : `${allBehind.length} of ${trials.length} fell behind`,
    ),
  ];
}

async function tryRates(harness: Harness, rates: readonly number[], seconds: number): Promise<Trial[]> {
  const { steps } = await harness.run([
    ...[`client="null"`, `producers=${PRODUCERS}`, `sweep.totalRate=${JSON.stringify(rates)}`],
    ...[`duration=${seconds}`, "warmUp.max=8", "drain=5"],
  ]);
  return steps.map((step, index) => trialOf(rates[index] ?? 0, step));
}

async function measure(harness: Harness, { refined, seconds }: typeof FULL): Promise<Row[]> {
  const trials: Trial[] = [];
  const tryFrom = async (first: number, factor: number, times: number, isDone: (trial: Trial) => boolean) => {
    for (let time = 0; time < times; time += 1) {
      const [trial] = await tryRates(harness, [first * factor ** time], seconds);
      if (trial) trials.push(trial);
      if (!trial || isDone(trial)) return;
    }
  };
  await tryFrom(FIRST_RATE, 2, DOUBLINGS, ({ keptUp }) => !keptUp);
  if (trials[0]?.bound) await tryFrom(FIRST_RATE / 2, 0.5, HALVINGS, ({ bound: isBound }) => !isBound);
  const { ceiling, bound } = limitOf(trials);
  if (ceiling && bound)
    trials.push(...(await tryRates(harness, between(ceiling.rate, bound.rate, refined), seconds)));
  return generatorRows(trials);
}

/** Checks the limit of the load generator. */
export const generator: Check = {
  name: "generator",
  question: QUESTIONS.generator,
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};

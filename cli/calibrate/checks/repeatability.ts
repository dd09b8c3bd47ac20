// Repeats a step and a search: how far apart are the latencies, and the knees?
import type { Knee, Step } from "../../../contract/result.ts";
import type { Check } from "../check.ts";
import { type Harness, latenciesOf } from "../harness.ts";
import { QUESTIONS } from "../questions.ts";
import { formatNumber3, holds, type Row, stated } from "../row.ts";
import { covers, type Interval, median, spreadOf, unionCovers } from "../statistics.ts";

const FULL = { steps: 10, searches: 5 };
const QUICK = { steps: 3, searches: 2 };
const PRODUCERS = 50;
const DEFAULT_SEARCH = {
  variable: "producers",
  from: 50,
  to: 700,
  tolerance: 0.1,
  trials: 2,
  maxSteps: 8,
};

const spreadText = (values: readonly number[], unit: string) => {
  const { min, median: middle, max, variation } = spreadOf(values);
  return `min ${formatNumber3(min)}, median ${formatNumber3(middle)}, max ${formatNumber3(max)}${unit}; coefficient of variation ${(100 * variation).toFixed(1)} %`;
};

/** The rows about the repeated step. */
export function stepRows(steps: readonly Step[]): Row[] {
  const latencies = steps.map(latenciesOf);
  return (["p50", "p99"] as const).map((key) =>
    stated(
      `the same step ${steps.length} times (${PRODUCERS} producers, 10 messages per second each): ${key}`,
      spreadText(
        latencies.map((each) => each[key]),
        " ms",
      ),
    ),
  );
}

const intervalText = ([from, to]: Interval) =>
  `${formatNumber3(from)} to ${to === null ? "-" : formatNumber3(to)}`;

/** The rows about the repeated search. */
export function kneeRows(knees: readonly Knee[]): Row[] {
  const values = knees.map(({ value }) => value);
  const intervals = knees.map(({ interval }) => interval);
  const middle = median(values);
  const missing = intervals.filter((interval) => !covers(interval, middle));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return [
    stated(`the same search ${knees.length} times: knees`, spreadText(values, "")),
    holds(
      "each knee's interval covers the median knee",
      missing.length === 0,
      `${formatNumber3(middle)} in all ${knees.length}`,
      missing.length === 0
        ? `in all: ${intervals.map(intervalText).join("; ")}`
        : `not in ${missing.map(intervalText).join("; ")}`,
    ),
    holds(
      "the intervals together cover the spread of the knees",
      unionCovers(intervals, least, most),
      `${formatNumber3(least)} to ${formatNumber3(most)}`,
      intervals.map(intervalText).join("; "),
    ),
  ];
}

async function sameStep(harness: Harness, times: number): Promise<Row[]> {
  const sweep = JSON.stringify(Array.from({ length: times }, () => PRODUCERS));
  const { steps } = await harness.run([`sweep.producers=${sweep}`, "rate=10", "duration=8"]);
  return stepRows(steps);
}

async function sameSearch(harness: Harness, times: number): Promise<Row[]> {
  const search = JSON.stringify(harness.parts.plan.benchmark.search ?? DEFAULT_SEARCH);
  const knees: Knee[] = [];
  const without: string[] = [];
  for (let time = 1; time <= times; time += 1) {
    const { knee, searchReason, run } = await harness.run([`search=${search}`, "rate=10", "duration=8"]);
    if (knee) knees.push(knee);
    else without.push(`${run}: ${searchReason}`);
  }
  const everyKnee = holds(
    "every search finds a knee",
    without.length === 0,
    `${times} knees`,
    [`${knees.length} knees`, ...without].join("; "),
  );
  return knees.length > 0 ? [everyKnee, ...kneeRows(knees)] : [everyKnee];
}

/** Checks how well steps and knees repeat. */
export const repeatability: Check = {
  name: "repeatability",
  question: QUESTIONS.repeatability,
  run: async (harness, { quick, add }) => {
    const { steps, searches } = quick ? QUICK : FULL;
    add(...(await sameStep(harness, steps)));
    add(...(await sameSearch(harness, searches)));
  },
};

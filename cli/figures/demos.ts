/**
 * Checks that the demo finds a knee, and that repeated runs agree: `npm run bench:demos`.
 *
 * Runs the scenario `local` with all its services and its benchmark several times, each time on a new stack, as `npm run demo` does.
 * Prints what each run found, and whether the intervals of all runs overlap.
 */
import { cpSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { limitOf } from "../../results/limit.ts";
import { bracketText } from "../../results/sentences.ts";
import { readResults } from "../../results/store.ts";
import type { TestProject } from "../../test/support/project.ts";
import { project as checkout } from "../lib/paths.ts";
import { run as runProgram } from "../lib/run.ts";
import { fullStackOf } from "./idle.ts";
import { conditions, type Metric, measure, onOwnStack, wholeNumber } from "./lib.ts";

const SCENARIO = "local";
/** An `up` that takes longer has failed. */
const LONGEST_UP_MS = 30 * 60_000;
/** Seconds between two lines of progress, as in the demo. Tests print one each second. */
const PROGRESS_SEC = "15";

/** One run of the demo. */
export interface Demo {
  run: Run;
  /** Duration of `up`, from nothing to the end of the benchmark, in seconds. */
  totalSec: number;
}

/** The lower and upper end of a knee's interval; the upper end is null if no value missed the SLO. */
export type Interval = readonly [low: number, high: number | null];

/** Whether one value lies in all intervals: the largest lower end is at most the smallest upper end. */
export function allOverlap(intervals: readonly Interval[]): boolean {
  const lowest = Math.max(...intervals.map(([low]) => low));
  return intervals.every(([, high]) => high === null || lowest <= high);
}

/** A summary of all runs, and whether each has an answer and all intervals overlap. */
export function verdictOf(runs: readonly Pick<Run, "knee" | "bracket">[]): { text: string; agree: boolean } {
  const intervals = runs.flatMap((run) => intervalOf(run) ?? []);
  const without = runs.length - intervals.length;
  if (without > 0)
    return { text: `${without} of ${runs.length} runs found no load that meets the SLO.`, agree: false };
  const agree = allOverlap(intervals.map(({ interval }) => interval));
  const overlap = agree ? "All intervals overlap" : "Not all intervals overlap";
  const brackets = intervals.filter(({ decided }) => !decided).length;
  const known =
    brackets > 0 ? `; ${brackets} of ${runs.length} runs know only a load that meets the SLO` : "";
  return { text: `${overlap}${known}.`, agree };
}

/** Where a run says that the knee is. Without a knee, it is above the load that met the SLO, and below one that missed it. */
function intervalOf({
  knee,
  bracket,
}: Pick<Run, "knee" | "bracket">): { interval: Interval; decided: boolean } | undefined {
  if (knee) return { interval: knee.interval, decided: true };
  if (!bracket || bracket.met === null) return undefined;
  return { interval: [bracket.met, bracket.missed], decided: false };
}

/** A Markdown table with a row for each run. */
export function demoTable(demos: readonly Demo[]): string {
  return [
    "| run | knee | interval | limit | benchmark | total |",
    "| --- | --- | --- | --- | --- | --- |",
    ...demos.map((demo, index) => `| ${[index + 1, ...cells(demo)].join(" | ")} |`),
  ].join("\n");
}

function cells({ run, totalSec }: Demo): string[] {
  const { knee, bracket, startedAt, endedAt } = run;
  const range = knee
    ? `${formatNumber(knee.interval[0])} to ${knee.interval[1] === null ? "?" : formatNumber(knee.interval[1])}`
    : bracket
      ? bracketText(bracket)
      : run.searchReason;
  return [
    knee ? formatNumber(knee.value) : "none",
    range,
    limitOf(run)?.text ?? "not known",
    endedAt === null ? "not ended" : minutes((Date.parse(endedAt) - Date.parse(startedAt)) / 1000),
    minutes(totalSec),
  ];
}

const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;

async function demo(stack: TestProject): Promise<Demo> {
  const total: Metric = { name: "total", unit: "s", samples: [] };
  await measure(total, () => stack.mustUp());
  const { benchmark } = await stack.outputs<{ benchmark: { results: string } }>();
  const run = readResults(benchmark.results);
  // The stack's folder is removed at the end.
  cpSync(benchmark.results, path.join(checkout, "runs", path.basename(benchmark.results)), {
    recursive: true,
  });
  await stack.mustPulumi("destroy", "--yes", "--skip-preview");
  return { run, totalSec: total.samples[0] ?? Number.NaN };
}

/** Runs the demos, prints a table and the verdict. Exit code 1: a run has no answer, or the intervals do not overlap. */
export async function run(command: Command): Promise<number> {
  const runs = wholeNumber(command, "runs", command.opts<{ runs: string }>().runs);
  const demos: Demo[] = [];
  console.error("setup");
  // As a program of its own: setup prints its progress on standard output, which is for the table here.
  await runProgram(process.execPath, ["swarmbench.mjs", "setup"], { cwd: checkout });
  const config = { "benchmark.run": "true", "benchmark.network.enabled": "true", ...fullStackOf(SCENARIO) };
  await onOwnStack("demos", config, async (stack) => {
    stack.longestCommandMs = LONGEST_UP_MS;
    stack.environment.SWARMBENCH_PROGRESS_SEC = PROGRESS_SEC;
    for (let number = 1; number <= runs; number++) {
      console.error(`run ${number} of ${runs}`);
      const done = await demo(stack);
      demos.push(done);
      console.error(`run ${number} of ${runs}: ${cells(done).join("; ")}`);
    }
  });
  const { text, agree } = verdictOf(demos.map((each) => each.run));
  console.log([await conditions(), demoTable(demos), text].join("\n\n"));
  return agree ? EXIT.done : EXIT.failed;
}

// --aba: alternates between the scenario and a variation of it, several runs each, and compares their steps.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../../contract/errors.ts";
import type { Knee, Run } from "../../contract/result.ts";
import { type Length, sum } from "../../contract/runLength.ts";
import type { Scale } from "../../contract/scale.ts";
import { type Comparison, compare, isWorse } from "../../results/compare/comparison.ts";
import { pooledRun } from "../../results/compare/pool.ts";
import { junitOfComparison } from "../../results/junit.ts";
import { pageScript } from "../../results/page/script.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { writeWhole } from "../../results/store.ts";
import { shownPath } from "../lib/userPaths.ts";
import { abaDesign, durationText, type PlannedRun } from "./abaDesign.ts";
import type { Arguments } from "./arguments.ts";
import { type Outcome, prepare, runOnce } from "./once.ts";
import { RemainingRun } from "./remainingRun.ts";
import type { Session } from "./session.ts";

type FinishedRun = PlannedRun & Outcome;

/**
 * Runs the whole design and compares both sides. Each run has its own folder.
 *
 * @param run runs the benchmark once; tests replace it
 * @returns the exit code
 */
export async function runAba(session: Session, args: Arguments, run = runOnce): Promise<number> {
  const { seed } = prepare(session, [], undefined).wanted.benchmark;
  const design = abaDesign(args.replicates, args.set, seed);
  const length = lengthOf(session, design);
  session.progress(
    `${design.length} runs, ${design.map(({ side }) => side).join(" ")}: ${durationText(length.leastSec)} to ${durationText(length.mostSec)}`,
  );
  const finished: FinishedRun[] = [];
  try {
    await runAll(session, args, { design, finished, run });
  } catch (error) {
    if (finished.length > 0) session.progress(`\nfinished runs are kept:\n${foldersText(finished)}`);
    throw error;
  }
  const comparison = comparisonOf(finished);
  const folder = finished.find(({ side }) => side === "B")?.folder ?? args.results;
  const file = path.join(folder, "compare.html");
  mkdirSync(folder, { recursive: true });
  writeWhole(file, comparisonPage(comparison, await pageScript()));
  if (args.junit !== undefined) writeWhole(args.junit, junitOfComparison(comparison));
  session.progress(`\n${comparisonText(comparison)}\n\n${foldersText(finished)}\n${shownPath(file)}`);
  return args.failOnWorse && isWorse(comparison) ? EXIT.worse : EXIT.done;
}

/** How long all runs take together. Validates the changes of --set on the way. @throws SwarmbenchError settings-invalid */
function lengthOf(session: Session, design: readonly PlannedRun[]): Length {
  const { scenario, target } = session.plan;
  const nodes = target.network?.nodes.length ?? 0;
  return sum(
    ...design.map(({ changes }) => {
      const { workload, benchmark } = prepare(session, changes, undefined).wanted;
      return new RemainingRun({ scenario, nodes, workload, benchmark }, []).wholeRun();
    }),
  );
}

interface Progress {
  design: readonly PlannedRun[];
  /** The finished runs; each run is added at its end. */
  finished: FinishedRun[];
  run: typeof runOnce;
}

async function runAll(session: Session, args: Arguments, { design, finished, run }: Progress): Promise<void> {
  const began = Date.now();
  for (const planned of design) {
    const left =
      finished.length === 0
        ? ""
        : `; about ${durationText(restOf(began, finished.length, design.length))} left`;
    session.progress(
      `\nrun ${finished.length + 1} of ${design.length}: ${planned.side}, ${planned.changes.join(", ")}${left}`,
    );
    // The JUnit file is that of the comparison.
    const one = { ...args, junit: undefined };
    const scale = finished[0] && scaleFrom(finished[0].run);
    finished.push({ ...planned, ...(await run(session, one, { changes: planned.changes, scale })) });
  }
}

/** With `scale: auto`, all runs have the loads of the first one: otherwise their steps could not be compared. */
function scaleFrom({ run, scale }: Run): Scale | undefined {
  return scale?.setting === "auto" ? { ...scale, seenIn: scale.seenIn ?? run } : undefined;
}

/** The estimated time of the remaining runs, from the mean of the finished ones, s. */
function restOf(began: number, done: number, all: number): number {
  return ((Date.now() - began) / 1_000 / done) * (all - done);
}

/** The comparison of A and B, each pooled from its runs. */
function comparisonOf(finished: readonly Pick<FinishedRun, "side" | "run">[]): Comparison {
  const sides = (["A", "B"] as const).map((side) => {
    const runs = finished.filter((each) => each.side === side).map(({ run }) => run);
    return {
      run: pooledRun(runs as [Run, ...Run[]]),
      knees: runs.flatMap(({ knee }): Knee[] => (knee ? [knee] : [])),
    };
  });
  return compare(
    sides.map(({ run }) => run),
    { interleaved: true, knees: sides.map(({ knees }) => knees) },
  );
}

function foldersText(finished: readonly FinishedRun[]): string {
  return (["A", "B"] as const)
    .map((side) => {
      const folders = finished
        .filter((each) => each.side === side)
        .map(({ folder }) => path.basename(folder));
      return `${side}: ${folders.join(", ")}`;
    })
    .join("\n");
}

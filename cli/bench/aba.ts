// --aba: runs the scenario and a variation of it several times in turns, and compares their steps.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../../contract/errors.ts";
import type { Knee, Run } from "../../contract/result.ts";
import { type Length, sum } from "../../contract/runLength.ts";
import { type Comparison, compare } from "../../results/compare/comparison.ts";
import { pooledRun } from "../../results/compare/pool.ts";
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

type Made = PlannedRun & Outcome;

/**
 * Makes all runs of the design, and compares the sides. Each run keeps its own folder.
 *
 * @param run makes one run; another one for tests
 * @returns the exit code
 */
export async function runAba(session: Session, args: Arguments, run = runOnce): Promise<number> {
  const { seed } = prepare(session, [], undefined).wanted.benchmark;
  const design = abaDesign(args.replicates, args.set, seed);
  const length = lengthOf(session, design);
  session.progress(
    `${design.length} runs, ${design.map(({ side }) => side).join(" ")}: ${durationText(length.leastSec)} to ${durationText(length.mostSec)}`,
  );
  const made: Made[] = [];
  try {
    await makeRuns(session, args, { design, made, run });
  } catch (error) {
    if (made.length > 0) session.progress(`\nfinished runs are kept:\n${foldersText(made)}`);
    throw error;
  }
  const comparison = comparisonOf(made);
  const folder = made.find(({ side }) => side === "B")?.folder ?? args.results;
  const file = path.join(folder, "compare.html");
  mkdirSync(folder, { recursive: true });
  writeWhole(file, comparisonPage(comparison, await pageScript()));
  session.progress(`\n${comparisonText(comparison)}\n\n${foldersText(made)}\n${shownPath(file)}`);
  return EXIT.done;
}

/** Also finds what is wrong with the changes, before anything is started. */
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
  /** Grows with each run. */
  made: Made[];
  run: typeof runOnce;
}

async function makeRuns(session: Session, args: Arguments, { design, made, run }: Progress): Promise<void> {
  const began = Date.now();
  for (const planned of design) {
    const left =
      made.length === 0 ? "" : `; about ${durationText(restOf(began, made.length, design.length))} left`;
    session.progress(
      `\nrun ${made.length + 1} of ${design.length}: ${planned.side}, ${planned.changes.join(", ")}${left}`,
    );
    made.push({ ...planned, ...(await run(session, args, { changes: planned.changes })) });
  }
}

/** By how long the runs took so far, s. */
function restOf(began: number, done: number, all: number): number {
  return ((Date.now() - began) / 1_000 / done) * (all - done);
}

/** The comparison of A and B, each pooled from its runs. */
function comparisonOf(made: readonly Pick<Made, "side" | "run">[]): Comparison {
  const sides = (["A", "B"] as const).map((side) => {
    const runs = made.filter((each) => each.side === side).map(({ run }) => run);
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

function foldersText(made: readonly Made[]): string {
  return (["A", "B"] as const)
    .map((side) => {
      const folders = made.filter((each) => each.side === side).map(({ folder }) => path.basename(folder));
      return `${side}: ${folders.join(", ")}`;
    })
    .join("\n");
}

// Faults that a killed run left on the nodes of a stack.
import {
  allNotedFaults,
  type FaultNote,
  forgetFaults,
  forgetGone,
  type LeftFault,
  leftFaults,
  leftOn,
  leftText,
  undoNoted,
} from "../../lib/faults/left.ts";
import { home } from "../lib/paths.ts";
import { isRunning } from "./alive.ts";
import type { Leftover } from "./leftover.ts";

/** What {@link faultsLeft} uses of this machine and the nodes; tests replace it. */
export interface FaultSources {
  notes: () => FaultNote[];
  isRunning: (pid: number) => boolean;
  list: (note: FaultNote) => Promise<LeftFault[]>;
  undo: (note: FaultNote) => Promise<{ undone: string[]; errors: string[] }>;
  forget: (stack: string) => void;
  /** The same, if its nodes are gone. */
  forgetGone: (note: FaultNote) => void;
}

const REAL: FaultSources = {
  notes: () => allNotedFaults(home),
  isRunning,
  list: listOn,
  undo: (note) => undoNoted(home, note),
  forget: (stack) => forgetFaults(home, stack),
  forgetGone: (note) => forgetGone(home, note),
};

/** The faults on nodes. Those that do not answer are left out if another one has faults: a node-kill may be why. */
async function listOn({ nodes, labels }: FaultNote): Promise<LeftFault[]> {
  const { faults, errors } = await leftOn(nodes, (node) => leftFaults("list", node, labels));
  if (errors[0] && faults.length === 0) throw errors[0];
  return faults;
}

/**
 * Finds faults that runs left behind. Only the nodes of stacks with a note are asked: a run writes it before its first fault,
 * and removes it once all are undone.
 *
 * @param isUp whether a stack has resources; undefined: not known. Nodes of a stack that has none are gone, and faults with them
 */
export async function faultsLeft(
  isUp: (stack: string) => boolean | undefined,
  sources: FaultSources = REAL,
): Promise<{ own: Leftover[]; notes: string[] }> {
  const found = await Promise.all(sources.notes().map((note) => faultsOf(note, isUp(note.stack), sources)));
  return { own: found.flatMap(({ own }) => own), notes: found.flatMap(({ notes }) => notes) };
}

async function faultsOf(
  note: FaultNote,
  isUp: boolean | undefined,
  sources: FaultSources,
): Promise<{ own: Leftover[]; notes: string[] }> {
  const { stack, pid } = note;
  if (isUp === false) {
    sources.forgetGone(note);
    return { own: [], notes: [] };
  }
  if (sources.isRunning(pid)) {
    return { own: [], notes: [`a run with faults is under way on ${stack} (process ${pid}): not checked`] };
  }
  try {
    const faults = await sources.list(note);
    const left = faults.filter(({ state }) => state === "left");
    const active = faults.filter(({ state }) => state === "active");
    if (faults.length === 0) sources.forget(stack);
    return {
      own: left.map((each) => ({
        what: `fault ${leftText(each)} of stack ${stack}: its run has ended`,
        remove: () => undoAll(note, sources),
      })),
      notes: active.map(
        (each) => `fault ${leftText(each)} of stack ${stack} is under way, and is undone by itself`,
      ),
    };
  } catch (error) {
    return {
      own: [],
      notes: [`faults of stack ${stack} could not be looked for: ${(error as Error).message}`],
    };
  }
}

/** Undoes all faults of a stack; again without effect for its second one. @throws Error that says what could not be undone */
async function undoAll(note: FaultNote, { undo }: FaultSources): Promise<void> {
  const { errors } = await undo(note);
  if (errors.length > 0) throw new Error(errors.join("; "));
}

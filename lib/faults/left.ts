// Faults that were left behind on nodes, and the note on this machine of the stacks that may have some.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askNode } from "./ask.ts";
import { type FaultNode, leftScript, marksOf } from "./scripts.ts";

/** How long a local node that was just started may take until it answers, and how often it is asked. */
const START_MS = 60_000;
const START_EVERY_MS = 1_000;

/** A stack whose nodes may have faults: written before the first fault of a run, removed once all are undone. */
export interface FaultNote {
  stack: string;
  /** The stack's labels, KEY=VALUE. */
  labels: string[];
  nodes: FaultNode[];
  /** The process that executes the faults. */
  pid: number;
}

/** A fault on a node. `active`: its script still runs and will undo it. */
export interface LeftFault {
  node: string;
  state: "active" | "left" | "undone" | "failed";
  fault: string;
  service: string;
}

const fileOf = (home: string, stack: string) =>
  path.join(home, "faults", `${encodeURIComponent(stack)}.json`);

/** Notes that a stack's nodes may have faults. @param home the installation's folder */
export function noteFaults(home: string, note: FaultNote): void {
  const file = fileOf(home, note.stack);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(note)}\n`, { mode: 0o600 });
}

/** Removes the note: nothing is left. */
export function forgetFaults(home: string, stack: string): void {
  rmSync(fileOf(home, stack), { force: true });
}

/** The same for a stack whose nodes are gone, and their faults with them. */
export function forgetGone(home: string, { stack, labels, nodes }: FaultNote): void {
  for (const { marks } of nodes) if (marks) rmSync(marksOf(labels, marks), { recursive: true, force: true });
  forgetFaults(home, stack);
}

/** Folder of the markers of faults that this machine executes. */
export function marksHere(home: string): string {
  return path.join(home, "faults", "here");
}

/** The note of a stack; undefined if there is none, or it cannot be read. */
export function notedFaults(home: string, stack: string): FaultNote | undefined {
  return readNote(fileOf(home, stack));
}

/** All notes of an installation. */
export function allNotedFaults(home: string): FaultNote[] {
  const folder = path.join(home, "faults");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => readNote(path.join(folder, name)) ?? []);
}

function readNote(file: string): FaultNote | undefined {
  try {
    const { stack, labels, nodes, pid } = JSON.parse(readFileSync(file, "utf8")) as FaultNote;
    return Array.isArray(labels) && Array.isArray(nodes) ? { stack, labels, nodes, pid } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds the faults that were left behind on a node.
 *
 * @param mode `undo`: also undoes them
 * @throws Error that says why the node does not answer
 */
export async function leftFaults(
  mode: "list" | "undo",
  node: FaultNode,
  labels: readonly string[],
): Promise<LeftFault[]> {
  return parseLeft(node.name, await askNode(node, leftScript(mode, labels, node.marks)));
}

/** Asks several nodes. @returns their faults, and the error of each node that did not answer */
export async function leftOn(
  nodes: readonly FaultNode[],
  ask: (node: FaultNode) => Promise<LeftFault[]>,
): Promise<{ faults: LeftFault[]; errors: Error[] }> {
  const answers = await Promise.allSettled(nodes.map(ask));
  return {
    faults: answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : [])),
    errors: answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : [])),
  };
}

/** Parses the output of node/left.sh. */
export function parseLeft(node: string, text: string): LeftFault[] {
  return text.split("\n").flatMap((line) => {
    const [state, fault, service] = line.trim().split(" ");
    if (state !== "active" && state !== "left" && state !== "undone" && state !== "failed") return [];
    return [{ node, state, fault: fault ?? "", service: service ?? "" }];
  });
}

/** Which fault it is, and where. */
export function leftText({ fault, service, node }: Pick<LeftFault, "fault" | "service" | "node">): string {
  return `${fault} of ${service} on ${node}`;
}

/** Asks again for a while if a node does not answer. @throws Error that says why it did not */
async function undoWithin(ms: number, node: FaultNode, labels: readonly string[]): Promise<LeftFault[]> {
  const deadline = performance.now() + ms;
  for (;;) {
    try {
      return await leftFaults("undo", node, labels);
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await sleep(START_EVERY_MS);
    }
  }
}

/** Undoes what is left on the nodes of a noted stack. @returns what was undone, and what could not be, one phrase each */
export async function undoNoted(
  home: string,
  note: FaultNote,
): Promise<{ undone: string[]; errors: string[] }> {
  const { nodes, labels } = note;
  const isHere = ({ marks }: FaultNode) => marks !== undefined;
  const here = await leftOn(nodes.filter(isHere), (node) => leftFaults("undo", node, labels));
  // A node that was killed answers only after this machine has started it again.
  const withinMs = here.faults.length > 0 ? START_MS : 0;
  const others = await leftOn(
    nodes.filter((node) => !isHere(node)),
    (node) => undoWithin(withinMs, node, labels),
  );
  const faults = [...here.faults, ...others.faults];
  const errors = [
    ...[...here.errors, ...others.errors].map(({ message }) => message),
    ...faults
      .filter(({ state }) => state === "failed")
      .map((each) => `${leftText(each)} could not be undone`),
  ];
  if (errors.length === 0 && !faults.some(({ state }) => state === "active")) forgetFaults(home, note.stack);
  return { undone: faults.filter(({ state }) => state === "undone").map(leftText), errors };
}

// Ctrl-C, and the end after a failure: nothing new begins, what may be cut off is, the rest runs to its end.

import type { ChildProcess } from "node:child_process";
import { EXIT } from "../../contract/errors.ts";

/**
 * How a child process ends when we stop: `cut` off at once; `mustEnd`: only by itself (a package manager);
 * `terminal`: it has the terminal, so Ctrl-C has reached it already, and it ends in its own time.
 */
export type Ending = "cut" | "mustEnd" | "terminal";

/** What runs now. */
const children = new Map<ChildProcess, Ending>();
const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated };
type Interrupt = keyof typeof EXIT_CODES;
/** npm hands on the Ctrl-C that the terminal has given us already; a hand is slower than that. */
const ECHO_MS = 300;

let stopping = false;
let received: { signal: Interrupt; at: number } | undefined;

/** Why something was not begun or was cut off: not its own failure, so nobody needs to read of it. */
export class Stopped extends Error {}

export function isStopping(): boolean {
  return stopping;
}

/** The exit code once a signal has come, else undefined. */
export function interruption(): number | undefined {
  return received && EXIT_CODES[received.signal];
}

/** Registers a child process, so that it ends as it should when we stop. */
export function track(child: ChildProcess, how: Ending = "terminal"): void {
  children.set(child, how);
  for (const end of ["close", "error"]) child.once(end, () => children.delete(child));
  // What it began may outlive it, and would write into folders that we are about to remove.
  if (how === "cut") child.once("exit", () => stopping && signalGroup(child, "SIGKILL"));
}

/** Begins nothing new, and cuts off what may be cut off. */
export function stop(): void {
  stopping = true;
  signalGroups("SIGTERM"); // not SIGINT: a shell that just waits for a program overhears it and goes on
}

function signalGroups(signal: NodeJS.Signals): void {
  for (const [child, how] of children) if (how === "cut") signalGroup(child, signal);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return; // it could not be started
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it ended by itself
  }
}

function onSignal(signal: Interrupt): void {
  const now = Date.now();
  if (received && now - received.at < ECHO_MS) return;
  if (received) {
    signalGroups("SIGKILL");
    process.exit(EXIT_CODES[signal]);
  }
  received = { signal, at: now };
  stop();
  if (signal === "SIGTERM") {
    for (const [child, how] of children) if (how === "terminal") child.kill(signal);
  }
}
for (const signal of Object.keys(EXIT_CODES) as Interrupt[]) process.on(signal, () => onSignal(signal));

/**
 * A signal that is aborted at Ctrl-C or SIGTERM, for work that ends in order. A second one ends the program at once.
 *
 * @param first called once, before the abort
 */
export function abortOnSignal(first: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(EXIT_CODES)) {
    process.on(name, () => {
      if (controller.signal.aborted) return;
      first();
      controller.abort();
    });
  }
  return controller.signal;
}

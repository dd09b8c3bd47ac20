// Stopping after Ctrl-C, SIGTERM or a failure: nothing new is started, child processes that may be interrupted are, and the
// others run to their end.

import type { ChildProcess } from "node:child_process";
import { EXIT } from "../../contract/errors.ts";

/**
 * What happens to a child process when this process stops. `interrupt`: it is ended at once; `mustEnd`: it ends by itself
 * (a package manager); `terminal`: it shares the terminal, so Ctrl-C has reached it already, and it ends in its own time.
 */
export type Ending = "interrupt" | "mustEnd" | "terminal";

/** The child processes that are running. */
const children = new Map<ChildProcess, Ending>();
const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated };
type Interrupt = keyof typeof EXIT_CODES;
/** npm forwards a Ctrl-C that the terminal has sent to this process already; a second keypress comes later than this. */
const ECHO_MS = 300;

let stopping = false;
let received: { signal: Interrupt; at: number } | undefined;

/**
 * Internal signal: something was not started, or was interrupted, because this process is stopping. It is not a failure of
 * its own, so commands do not print it.
 */
export class Stopped extends Error {}

/** Whether this process is stopping. */
export function isStopping(): boolean {
  return stopping;
}

/** The exit code if a signal was received, else undefined. */
export function interruption(): number | undefined {
  return received && EXIT_CODES[received.signal];
}

/** Registers a child process, so that it ends as `ending` says when this process stops. */
export function track(child: ChildProcess, ending: Ending = "terminal"): void {
  children.set(child, ending);
  for (const event of ["close", "error"]) child.once(event, () => children.delete(child));
  // Its own children may outlive it, and would write into folders that are about to be removed.
  if (ending === "interrupt") child.once("exit", () => stopping && signalGroup(child, "SIGKILL"));
}

/** Starts nothing new from now on, and ends the child processes that may be interrupted. */
export function stop(): void {
  stopping = true;
  signalGroups("SIGTERM"); // not SIGINT: a shell that waits for a program ignores it and continues
}

function signalGroups(signal: NodeJS.Signals): void {
  for (const [child, ending] of children) if (ending === "interrupt") signalGroup(child, signal);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return; // it could not be started
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it has ended by itself
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
    for (const [child, ending] of children) if (ending === "terminal") child.kill(signal);
  }
}
for (const signal of Object.keys(EXIT_CODES) as Interrupt[]) process.on(signal, () => onSignal(signal));

/**
 * A signal that aborts at Ctrl-C or SIGTERM, for work that ends in order. A second one ends the program at once.
 *
 * @param onFirst called once, before the abort
 */
export function abortOnSignal(onFirst: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(EXIT_CODES)) {
    process.on(name, () => {
      if (controller.signal.aborted) return;
      onFirst();
      controller.abort();
    });
  }
  return controller.signal;
}

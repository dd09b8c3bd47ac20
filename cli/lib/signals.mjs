// Ctrl-C, and the end after a failure: nothing new begins, what may be cut off is, the rest runs to its end.

/**
 * What runs now, and how it ends when we stop: `cut` off at once; `mustEnd`: only by itself (a package manager);
 * `terminal`: it has the terminal, so Ctrl-C has reached it already, and it ends in its own time.
 *
 * @type {Map<import("node:child_process").ChildProcess, "cut" | "mustEnd" | "terminal">}
 */
const children = new Map();
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };
/** npm hands on the Ctrl-C that the terminal has given us already; a hand is slower than that. */
const ECHO_MS = 300;

let stopping = false;
let received;

/** Why something was not begun or was cut off: not its own failure, so nobody needs to read of it. */
export class Stopped extends Error {}

export function isStopping() {
  return stopping;
}

/** @returns {number | undefined} the exit code, once a signal has come */
export function interruption() {
  return received && EXIT_CODES[received.signal];
}

/** Makes a child known; one that {@link run} did not start has the terminal. */
export function track(child, how = "terminal") {
  children.set(child, how);
  for (const end of ["close", "error"]) child.once(end, () => children.delete(child));
  // What it began may outlive it, and would write into folders that we are about to remove.
  if (how === "cut") child.once("exit", () => stopping && signalGroup(child, "SIGKILL"));
}

export function stop() {
  stopping = true;
  signalGroups("SIGTERM"); // not SIGINT: a shell that just waits for a program overhears it and goes on
}

function signalGroups(signal) {
  for (const [child, how] of children) if (how === "cut") signalGroup(child, signal);
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // it ended by itself
  }
}

function onSignal(signal) {
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
for (const signal of Object.keys(EXIT_CODES)) process.on(signal, () => onSignal(signal));

// One run from its start to its results: at the runner's container, and in the results' folder.
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchPlan, RunRequest } from "../../contract/request.ts";
import type { Reservation } from "../../testbeds/index.ts";
import type { Container, ManagerError, Origin } from "./container.ts";
import type { EventLog } from "./eventLog.ts";
import { LINE_LOST } from "./ssh.ts";

/** A line to the manager that is cut is tried again this often, so far apart. */
const RECONNECTS = 20;
const PAUSE_MS = 3_000;

export interface Session {
  plan: BenchPlan;
  container: Container;
  /** Shows a line to who waits. */
  progress(line: string): void;
  signal: AbortSignal;
  /** Undefined if the nodes are not reserved. */
  reservation?: Reservation;
  /** Hears each event as it comes, once more after the line was cut. */
  event?(line: string): void;
}

/** Starts the runner with its request. */
export function begin(
  { container }: Session,
  request: RunRequest,
  key: string,
  origin: Origin,
): Promise<void> {
  return container.start(JSON.stringify(request), { run: request.run, plan: key, origin });
}

/**
 * Follows the runner until it has ended, writing down its events as they come, and removes it.
 *
 * When `signal` is aborted the runner is asked to end in order, and its last events are taken.
 *
 * @returns the runner's exit code
 * @throws Error where the manager cannot be reached any more; the run goes on there, and can be followed again
 */
export async function follow(session: Session, log: EventLog): Promise<number> {
  const { container, signal } = session;
  const stop = () => void container.stop().catch(() => {}); // it may have ended by itself
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await followLines(session, log);
    if (log.failure) {
      throw new Error(
        `${log.failure.message}. The run was stopped, and the manager keeps its events: make room, then run it again`,
      );
    }
    const code = await container.exitCode();
    await container.remove();
    return code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function followLines({ container, progress, event }: Session, log: EventLog): Promise<void> {
  let shown = 0;
  for (let reconnect = 0; ; reconnect += 1) {
    let [events, lines] = [0, 0];
    const code = await container.follow(
      (line) => {
        events += 1;
        const before = log.failure;
        log.take(events, line);
        event?.(line);
        if (log.failure && !before) void container.stop().catch(() => {}); // it may have ended by itself
      },
      (line) => {
        lines += 1;
        if (lines <= shown) return; // it prints all from its beginning, each time
        shown = lines;
        progress(line);
      },
    );
    if (code !== LINE_LOST) return;
    if (reconnect === RECONNECTS) {
      throw new Error("the manager cannot be reached; the run goes on there: try again to follow it");
    }
    progress("the line to the manager is cut; trying again");
    await sleep(PAUSE_MS);
  }
}

/** Whether an error says that there is already a runner: somebody else has been faster. */
export function isTaken(error: unknown): boolean {
  return /is already in use by container|Conflict\. The container name/.test((error as ManagerError).message);
}

// One benchmark run: starts the runner's container and follows it to its end.
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { BenchPlan, RunRequest } from "../../contract/request.ts";
import type { FaultNode } from "../../lib/faults/scripts.ts";
import type { Reservation } from "../../testbeds/index.ts";
import type { Container, Origin } from "./container.ts";
import type { EventLog } from "./eventLog.ts";
import { CONNECTION_LOST } from "./ssh.ts";

/** How often a lost connection to the manager is retried, and the pause between two attempts. */
const RECONNECTS = 20;
const PAUSE_MS = 3_000;

/** What a run works with: its plan, the runner's container, and how it reports to the user. */
export interface Session {
  plan: BenchPlan;
  container: Container;
  /** Prints a line for the user. */
  progress(line: string): void;
  /** Stops the run cleanly when it aborts. */
  signal: AbortSignal;
  /** Undefined if the nodes are not reserved. */
  reservation?: Reservation;
  /** The nodes of the stack, the manager first; absent: they are not known, so that the run can have no faults. */
  nodes?: readonly FaultNode[] | undefined;
  /** The options of `bench` that select the same target and load again, for hints. Default: those of the stack `local`. */
  options?: string;
  /** Called with each event; with all events again, as not new, after the connection was lost. */
  event?(line: string, isNew: boolean): void;
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
 * Follows the runner to its end, writes its events to the log as they come, and removes the container.
 *
 * When `signal` aborts, the runner is asked to end cleanly, and its last events are still written.
 *
 * @returns the runner's exit code
 * @throws SwarmbenchError when the manager stays unreachable; the run continues there and can be followed again
 */
export async function follow(session: Session, log: EventLog): Promise<number> {
  const { container, signal } = session;
  const stop = () => void container.stop().catch(() => {}); // it may have ended by itself
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await followLines(session, log);
    if (log.failure) {
      throw new SwarmbenchError(
        "results-not-written",
        `${log.failure.message}. The run was stopped, and the manager keeps its events`,
        {
          hint: "Free some disk space, then run the same command again: it fetches the events.",
          cause: log.failure,
        },
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
        const isNew = log.take(events, line);
        event?.(line, isNew);
        if (log.failure && !before) void container.stop().catch(() => {}); // it may have ended by itself
      },
      (line) => {
        lines += 1;
        if (lines <= shown) return; // after a lost connection, Docker prints the log from its beginning
        shown = lines;
        progress(line);
      },
    );
    if (code !== CONNECTION_LOST) return;
    if (reconnect === RECONNECTS) {
      throw new SwarmbenchError("node-failed", "the manager cannot be reached; the run continues there", {
        hint: "Follow it again: run the same command.",
      });
    }
    progress("lost the connection to the manager; reconnecting");
    await sleep(PAUSE_MS);
  }
}

/** Whether starting a runner failed because another one was started at the same time. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    /is already in use by container|Conflict\. The container name/.test(error.message)
  );
}

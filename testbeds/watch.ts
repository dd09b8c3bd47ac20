import { setTimeout as delay } from "node:timers/promises";

/** The clock and the progress output of a wait for a testbed. The clock is a parameter so that tests need not wait. */
export interface Watch {
  /** Milliseconds since 1970. */
  now: () => number;
  /** Ends early, without an error, when the signal is aborted. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  progress: (line: string) => void;
  /** Aborted by Ctrl-C: a job that this program submitted is then deleted unless it runs already. */
  signal?: AbortSignal;
}

/** A {@link Watch} in real time. */
export function realWatch(progress: (line: string) => void, signal?: AbortSignal): Watch {
  return { now: Date.now, sleep: sleepUntilAborted, progress, signal };
}

async function sleepUntilAborted(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {}); // the caller checks the signal
}

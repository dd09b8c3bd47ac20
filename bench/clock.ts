import { setTimeout as sleep } from "node:timers/promises";

/** A source of time. Passed as a parameter so that tests can control it. */
export interface Clock {
  /** Monotonic time, ms since an arbitrary start. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

/** The process's monotonic clock and timers. */
export const realClock: Clock = { now: () => performance.now(), sleep: (ms) => sleep(ms) };

/**
 * The error of {@link within}. It does not say why the work took so long, so callers that know another error report that
 * one instead.
 */
export class TimedOut extends Error {}

/**
 * Waits for a promise, at most for the given time. The work behind the promise is not cancelled.
 *
 * @param what names the work in the error
 * @throws TimedOut
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`${what} took more than ${Math.round(ms)} ms`)), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a promise unless the signal is aborted before. The work behind the promise is not cancelled. @throws the signal's reason */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

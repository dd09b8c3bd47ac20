import { setTimeout as sleep } from "node:timers/promises";

/** Time, as a parameter: tests bring their own. */
export interface Clock {
  /** ms, from a start of its own; never goes back. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

export const realClock: Clock = { now: () => performance.now(), sleep: (ms) => sleep(ms) };

/** Says nothing of why it took so long: where another error is known, that one tells more. */
export class TookTooLong extends Error {}

/**
 * The result of a promise, or an error when it does not come within the time. What it waits for goes on.
 *
 * @throws TookTooLong
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} took more than ${Math.round(ms)} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { HttpStatusError } from "./http.ts";
import { type JobContext, throttled } from "./job.ts";
import { Problem, reason } from "./problem.ts";

const PAUSE_MS = 500;
/** A login does not get better by trying again; and a server may lock out who tries too often. */
const FINAL = [401, 403];

export interface Wait {
  /** Such as "Grafana to serve". */
  what: string;
  /** What the user can do when it does not come, a sentence. */
  next: string;
}

/** Does something again and again until it succeeds, and gives what it gave. */
export type Retry = <T>(wait: Wait, attempt: () => Promise<T>) => Promise<T>;

/**
 * All that is waited for with one retryUntil has one time together. A line every few seconds says what for.
 *
 * @throws Problem when the time is over, and at once where an attempt throws one or is not authorised
 */
export function retryUntil(context: JobContext, timeoutSec: number): Retry {
  const { clock } = context;
  const deadline = clock.now() + timeoutSec * 1_000;
  const show = throttled(context);
  return async ({ what, next }, attempt) => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof Problem) throw error;
        const said = reason(error);
        if (error instanceof HttpStatusError && FINAL.includes(error.status)) {
          throw new Problem(said, next, { cause: error });
        }
        if (clock.now() + PAUSE_MS > deadline) {
          throw new Problem(`waited ${timeoutSec} s for ${what}, in vain: ${said}`, next, { cause: error });
        }
        show(() => `waiting for ${what} (${said})`);
      }
      await clock.sleep(PAUSE_MS);
    }
  };
}

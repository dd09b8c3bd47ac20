import { type ErrorCode, SwarmbenchError } from "../contract/errors.ts";
import { HttpStatusError } from "./http.ts";
import { type JobContext, throttled } from "./job.ts";
import { reason } from "./reason.ts";

const PAUSE_MS = 500;
/** Statuses of a rejected login. A retry would not help, and some servers lock out a user after several attempts. */
const FINAL = [401, 403];

/** What a retry waits for, and the error that ends it. */
export interface Wait {
  /** Such as "Grafana to start". */
  what: string;
  /** What the user can do after a timeout, one sentence. */
  hint: string;
  /** @default "service-failed" */
  code?: ErrorCode;
}

/** Repeats an attempt until it succeeds, and returns its result. */
export type Retry = <T>(wait: Wait, attempt: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that retries every 500 ms until the timeout, which all its calls share. A progress line every few seconds
 * says what it is waiting for.
 *
 * @throws SwarmbenchError after the timeout, or at once if an attempt throws one or its login is rejected (HTTP 401, 403)
 */
export function retryUntil(context: JobContext, timeoutSec: number): Retry {
  const { clock } = context;
  const deadline = clock.now() + timeoutSec * 1_000;
  const show = throttled(context);
  return async ({ what, hint, code = "service-failed" }, attempt) => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof SwarmbenchError) throw error;
        const message = reason(error);
        if (error instanceof HttpStatusError && FINAL.includes(error.status)) {
          throw new SwarmbenchError(code, message, { hint, cause: error });
        }
        if (clock.now() + PAUSE_MS > deadline) {
          const timeout = `timed out after ${timeoutSec} s waiting for ${what}: ${message}`;
          throw new SwarmbenchError(code, timeout, { hint, cause: error });
        }
        show(() => `waiting for ${what} (${message})`);
      }
      await clock.sleep(PAUSE_MS);
    }
  };
}

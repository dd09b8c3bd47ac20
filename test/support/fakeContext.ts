import type { Clock } from "../../bench/clock.ts";
import type { JobContext } from "../../bench/job.ts";

/** A job's context in which time passes only while the job sleeps; `lines` is its progress. */
export function fakeContext(): JobContext & { lines: string[] } {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const lines: string[] = [];
  const { signal } = new AbortController();
  return { clock, signal, lines, progress: (line) => lines.push(line) };
}

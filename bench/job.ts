import type { z } from "zod";
import { type Clock, realClock } from "./clock.ts";

/** The environment that a job gets in addition to its input. */
export interface JobContext {
  clock: Clock;
  /** Aborted when the program is asked to stop. Without {@link Job.stops} the process exits instead. */
  signal: AbortSignal;
  /** Prints a line for the user. Must not contain a secret. */
  progress(line: string): void;
}

/** A short task on the swarm's network: a JSON document in, a JSON document out. */
export interface Job<S extends z.ZodType = z.ZodType> {
  input: S;
  /** Whether the job watches its context's signal and stops by itself. @default false */
  stops?: boolean;
  run(input: z.output<S>, context: JobContext): Promise<object>;
}

/** Defines a job, with the type of its input inferred from the schema. */
export function job<S extends z.ZodType>(definition: Job<S>): Job {
  return definition as unknown as Job;
}

/** Limits progress to one line per interval; lines in between are dropped. @param everyMs the interval. Default: 3,000 ms */
export function throttled(context: JobContext, everyMs = 3_000): (line: () => string) => void {
  let last = context.clock.now();
  return (line) => {
    if (context.clock.now() - last < everyMs) return;
    last = context.clock.now();
    context.progress(line());
  };
}

/** Stops the jobs that have {@link Job.stops}. */
export const stopping = new AbortController();

/** The context of a job that runs as a process: progress goes to standard error. */
export const stderrContext: JobContext = {
  clock: realClock,
  signal: stopping.signal,
  progress: (line) => void process.stderr.write(`${line}\n`),
};

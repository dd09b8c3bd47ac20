import type { z } from "zod";
import { type Clock, realClock } from "./clock.ts";

/** What a job has of the world beside its input. */
export interface JobContext {
  clock: Clock;
  /** Aborted when the program is asked to end; a job that does not {@link Job.stops} is ended without it. */
  signal: AbortSignal;
  /** Shows a line to who waits. Never a secret. */
  progress(line: string): void;
}

/** A short task on the swarm's network: a JSON document in, a JSON document out. */
export interface Job<S extends z.ZodType = z.ZodType> {
  input: S;
  /** Whether it looks at its context's signal, and so ends by itself and in order when it is asked to. */
  stops?: boolean;
  run(input: z.output<S>, context: JobContext): Promise<object>;
}

/** Ties a job's input to its schema's type. */
export function job<S extends z.ZodType>(definition: Job<S>): Job {
  return definition as unknown as Job;
}

/** A line at most every so often, however often there is something to say. */
export function throttled(context: JobContext, everyMs = 3_000): (line: () => string) => void {
  let last = context.clock.now();
  return (line) => {
    if (context.clock.now() - last < everyMs) return;
    last = context.clock.now();
    context.progress(line());
  };
}

/** Ends jobs that {@link Job.stops}. */
export const stopping = new AbortController();

export const stderrContext: JobContext = {
  clock: realClock,
  signal: stopping.signal,
  progress: (line) => void process.stderr.write(`${line}\n`),
};

import { runRequestSchema } from "../../contract/request.ts";
import { job } from "../job.ts";
import { toStdout } from "../run/events.ts";
import { Runner } from "../run/runner.ts";

/**
 * Runs the benchmark. It is the only long job. Events go to standard output as they happen; the last one is the job's result.
 * When asked to stop, the job ends the current step, reports the interruption in its last event, and fails.
 */
export const benchmark = job({
  input: runRequestSchema,
  stops: true,
  run: (request, context) => new Runner(request, context, toStdout).run(),
});

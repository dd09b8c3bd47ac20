import { runRequestSchema } from "../../contract/request.ts";
import { job } from "../job.ts";
import { toStdout } from "../run/events.ts";
import { Runner } from "../run/runner.ts";

/**
 * Measures: the one job that is long. Events go to standard output as they happen, of which the last one is the job's
 * result. Told to stop, it ends the step that is under way, says so in its last event, and fails.
 */
export const benchmark = job({
  input: runRequestSchema,
  stops: true,
  run: (request, context) => new Runner(request, context, toStdout).run(),
});

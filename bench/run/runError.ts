import { SwarmbenchError } from "../../contract/errors.ts";
import { reason } from "../reason.ts";

/** The error that ends a run: that of its last step, or `run-failed` if that one has no code. */
export function runError(error: Error | undefined): SwarmbenchError {
  if (error instanceof SwarmbenchError) return error;
  return new SwarmbenchError("run-failed", reason(error), {
    cause: error,
    hint: "Finished steps are kept: fix the cause, then continue with --resume.",
  });
}

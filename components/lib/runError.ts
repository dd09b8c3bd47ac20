import * as pulumi from "@pulumi/pulumi";
import { SwarmbenchError } from "../../contract/errors.ts";

/**
 * Converts a {@link SwarmbenchError} to a `pulumi.RunError`, which Pulumi prints without a stack trace. Returns every other
 * error unchanged.
 */
export function toRunError(error: unknown): unknown {
  return error instanceof SwarmbenchError ? new pulumi.RunError(error.text) : error;
}

import * as pulumi from "@pulumi/pulumi";
import { SwarmbenchError } from "../../contract/errors.ts";

/** Runs a function; a SwarmbenchError becomes a `pulumi.RunError`, which Pulumi prints without a stack. */
export function asRunError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SwarmbenchError ? new pulumi.RunError(error.text) : error;
  }
}

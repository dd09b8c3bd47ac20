import * as pulumi from "@pulumi/pulumi";
import { parseSettings, type Settings } from "../../config/settings.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { userName } from "../../lib/stackName.ts";

/**
 * Reads the configuration of the current stack.
 *
 * @param without names of unusable nodes to leave out
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, with every error of the configuration
 */
export function readSettings(without: readonly string[] = []): Settings {
  const raw: Record<string, string> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [project, name] = key.split(":", 2);
    if (project === pulumi.getProject() && name) raw[name] = value;
  }
  try {
    return parseSettings(raw, pulumi.getStack(), userName(), without);
  } catch (error) {
    throw error instanceof SwarmbenchError ? new pulumi.RunError(error.text) : error;
  }
}

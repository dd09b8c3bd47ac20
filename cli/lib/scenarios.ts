// The scenarios of a project: stack files named Pulumi.<scenario>.yaml.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
import { project } from "./paths.ts";

const PREFIX = "swarmbench:";
const stackFile = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullish();

/** Names of the scenarios that have a stack file in a folder. */
export function scenarioNames(folder = project): string[] {
  return readdirSync(folder).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

/** Path of a scenario's stack file. */
export function scenarioFile(scenario: string, folder = project): string {
  return path.join(folder, `Pulumi.${scenario}.yaml`);
}

/**
 * The settings of a scenario by their keys without `swarmbench:`; objects that the file stores as JSON text are parsed.
 *
 * @throws SwarmbenchError `scenario-unknown` if there is no such file, `settings-invalid` if it is no stack file
 */
export function readScenario(scenario: string, folder = project): Record<string, unknown> {
  const scenarios = scenarioNames(folder);
  if (!scenarios.includes(scenario)) {
    throw new SwarmbenchError(
      "scenario-unknown",
      `there is no Pulumi.${scenario}.yaml; the scenarios are ${scenarios.join(", ")}`,
    );
  }
  try {
    return settingsIn(readFileSync(scenarioFile(scenario, folder), "utf8"));
  } catch (cause) {
    const message = `Pulumi.${scenario}.yaml cannot be read: ${(cause as Error).message}`;
    throw new SwarmbenchError("settings-invalid", message, { cause });
  }
}

/** The settings in the text of a stack file; see {@link readScenario}. @throws Error if it is no stack file */
export function settingsIn(yaml: string): Record<string, unknown> {
  const file = stackFile.safeParse(parse(yaml), { error: plainMessage });
  if (!file.success) {
    const [issue] = file.error.issues;
    throw new Error(`${issue?.path.join(".") || "the file"}: ${issue?.message}`);
  }
  const config = file.data?.config ?? {};
  const own = Object.entries(config).filter(([key]) => key.startsWith(PREFIX));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(PREFIX.length), fromJson(value)]));
}

/** Settings as Pulumi passes them to the program: texts, with objects as JSON. */
export function asPulumiConfig(settings: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(settings).map(([key, value]) => [
    key,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  return Object.fromEntries(texts);
}

/** Pulumi stores objects as YAML or as JSON text. */
function fromJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

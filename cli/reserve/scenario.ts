import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { MAX_NODES } from "../../config/nodes.ts";
import { defaultNodes } from "../../config/testbed/index.ts";
import { fromSchema, nodesErrors, oarSchema } from "../../config/testbed/oar.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { wholeNumber } from "../../contract/units.ts";
import { ownerDirectory, stackPrefix, userName } from "../../lib/stackName.ts";
import { type StackSite, stackSite } from "../../testbeds/oar/index.ts";
import { project } from "../lib/paths.ts";

/**
 * Reads what a reservation needs from a scenario's file; needs neither a stack nor a setup.
 *
 * @throws SwarmbenchError with every error
 */
export function readScenario(scenario: string, directory = project): StackSite[] {
  return reservationOf(scenario, configOf(scenario, directory));
}

export function reservationOf(scenario: string, config: Record<string, unknown>): StackSite[] {
  const value = (key: string) => fromJson(config[`swarmbench:${key}`]);
  const kind = z.object({ kind: z.string() }).safeParse(value("testbed"));
  if (!kind.success || kind.data.kind !== "oar") {
    throw new SwarmbenchError(
      "settings-invalid",
      `Nothing is to be reserved for ${scenario}: its swarmbench:testbed.kind is ${kind.data?.kind ?? "not set"}, not oar`,
    );
  }
  const testbed = oarSchema.safeParse(value("testbed"));
  const nodes = wholeNumber(1, MAX_NODES).safeParse(value("nodes") ?? defaultNodes(testbed.data));
  const sites = testbed.success && nodes.success ? fromSchema(testbed.data, nodes.data) : undefined;
  const errors = [
    ...issuesOf("swarmbench:testbed", testbed.error),
    ...issuesOf("swarmbench:nodes", nodes.error),
    ...(sites ? nodesErrors(nodes.data ?? 0, sites) : []).map((each) => `  - ${each}`),
  ];
  if (!sites || errors.length > 0) {
    throw new SwarmbenchError(
      "settings-invalid",
      `The configuration of ${scenario} has errors; nothing was reserved:\n${errors.join("\n")}`,
    );
  }
  const prefix = stackPrefix(String(value("namespace") ?? ""), userName(), scenario);
  const owner = { prefix, directory: ownerDirectory() };
  return sites.map((site) => stackSite(site, owner));
}

function configOf(scenario: string, directory: string): Record<string, unknown> {
  const file = path.join(directory, `Pulumi.${scenario}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new SwarmbenchError(
      "scenario-unknown",
      `There is no ${path.basename(file)}: which scenario is meant?`,
    );
  }
  const shape = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullish();
  return shape.parse(parse(text))?.config ?? {};
}

/** Pulumi keeps objects as YAML, or as JSON text. */
function fromJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function issuesOf(root: string, error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).map((issue) => {
    const at = [root, ...issue.path].join(".");
    return issue.code === "unrecognized_keys"
      ? `  - ${at}: no such setting: ${issue.keys.join(", ")}`
      : `  - ${at}: ${issue.message}`;
  });
}

import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { parseSettings, type Settings } from "../../config/settings.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { addressIn, deriveSubnet } from "../../lib/addresses.ts";
import { userName } from "../../lib/stackName.ts";
import type { RequestedNode } from "../../testbeds/rspec/index.ts";

const PROJECT = "swarmbench";
/** What is below is for gateways and for the user. */
const FIRST_ADDRESS = 10;
const stackFile = z.object({ config: z.record(z.string(), z.unknown()).nullish() });

/**
 * The settings of a scenario, as `pulumi up` would have them; of Pulumi nothing is needed.
 *
 * @throws SwarmbenchError `scenario-unknown` or `settings-invalid`
 */
export function scenarioSettings(directory: string, scenario: string, user = userName()): Settings {
  const scenarios = readdirSync(directory).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
  if (!scenarios.includes(scenario)) {
    throw new SwarmbenchError(
      "scenario-unknown",
      `there is no Pulumi.${scenario}.yaml; there are the scenarios ${scenarios.join(", ")}`,
    );
  }
  return parseSettings(
    configOf(readFileSync(path.join(directory, `Pulumi.${scenario}.yaml`), "utf8")),
    scenario,
    user,
  );
}

/** The network that a scenario's nodes are to be on, and their addresses there: its own, or, where it names none, one of ours. */
export function lanOf({ prefix, nodes, testbed }: Settings): { subnet: string; nodes: RequestedNode[] } {
  if (testbed.kind === "local") return testbed;
  const subnet = deriveSubnet(prefix);
  return {
    subnet,
    nodes: nodes.map(({ name }, index) => ({ name, address: addressIn(subnet, FIRST_ADDRESS + index) })),
  };
}

/** The project's values in a stack's file, as Pulumi hands them to the program: objects as JSON text. */
export function configOf(yaml: string): Record<string, string> {
  const { config } = stackFile.parse(parse(yaml));
  const raw: Record<string, string> = {};
  for (const [key, value] of Object.entries(config ?? {})) {
    const [project, name] = key.split(":", 2);
    if (project !== PROJECT || !name) continue;
    raw[name] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return raw;
}

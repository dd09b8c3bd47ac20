import { parseSettings, type Settings } from "../../config/settings.ts";
import { addressIn, deriveSubnet } from "../../lib/addresses.ts";
import { userName } from "../../lib/stackName.ts";
import type { RequestedNode } from "../../testbeds/rspec/index.ts";
import { asPulumiConfig, readScenario } from "../lib/scenarios.ts";

/** Lower addresses are for gateways and for the user. */
const FIRST_ADDRESS = 10;

/**
 * The settings of a scenario as `pulumi up` gets them; does not need Pulumi.
 *
 * @throws SwarmbenchError `scenario-unknown` or `settings-invalid`
 */
export function scenarioSettings(directory: string, scenario: string, user = userName()): Settings {
  return parseSettings(asPulumiConfig(readScenario(scenario, directory)), scenario, user);
}

/** The network of a scenario's nodes, and their addresses in it. If the scenario names no network, it is derived from the stack's name. */
export function lanOf({ prefix, nodes, testbed }: Settings): { subnet: string; nodes: RequestedNode[] } {
  if (testbed.kind === "local") return testbed;
  const subnet = deriveSubnet(prefix);
  return {
    subnet,
    nodes: nodes.map(({ name }, index) => ({ name, address: addressIn(subnet, FIRST_ADDRESS + index) })),
  };
}

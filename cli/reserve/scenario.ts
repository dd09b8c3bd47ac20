import { z } from "zod";
import { MAX_NODES } from "../../config/nodes.ts";
import { defaultNodes } from "../../config/testbed/index.ts";
import { fromSchema, nodesErrors, oarSchema } from "../../config/testbed/oar.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
import { wholeNumber } from "../../contract/units.ts";
import { ownerDirectory, stackPrefix, userName } from "../../lib/stackName.ts";
import { type StackSite, stackSite } from "../../testbeds/oar/index.ts";
import { project } from "../lib/paths.ts";
import { readScenario } from "../lib/scenarios.ts";

/**
 * The OAR sites of a scenario, from its stack file. Needs neither a stack nor a setup.
 *
 * @throws SwarmbenchError `scenario-unknown`, or `settings-invalid` with all errors
 */
export function readSites(scenario: string, directory = project): StackSite[] {
  return sitesOf(scenario, readScenario(scenario, directory));
}

/** The OAR sites in the settings of a scenario. @throws SwarmbenchError `settings-invalid` with all errors */
export function sitesOf(scenario: string, settings: Record<string, unknown>): StackSite[] {
  const kind = z.object({ kind: z.string() }).safeParse(settings.testbed);
  if (!kind.success || kind.data.kind !== "oar") {
    throw new SwarmbenchError(
      "settings-invalid",
      `${scenario} needs no reservation: its swarmbench:testbed.kind is ${kind.data?.kind ?? "not set"}, not oar`,
    );
  }
  const testbed = oarSchema.safeParse(settings.testbed, { error: plainMessage });
  const nodes = wholeNumber(1, MAX_NODES).safeParse(settings.nodes ?? defaultNodes(testbed.data), {
    error: plainMessage,
  });
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
  const prefix = stackPrefix(String(settings.namespace ?? ""), userName(), scenario);
  const owner = { prefix, directory: ownerDirectory() };
  return sites.map((site) => stackSite(site, owner));
}

function issuesOf(root: string, error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).map((issue) => {
    const key = [root, ...issue.path].join(".");
    return `  - ${key}: ${issue.message}`;
  });
}

import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../../config/settings.ts";
import type { LocalSettings } from "../../../config/testbed/local.ts";
import { SwarmbenchError } from "../../../contract/errors.ts";
import { type DockerCli, localDocker } from "../../../lib/docker.ts";
import type { Exec } from "../../../lib/exec.ts";
import type { Installation } from "../../lib/installation.ts";
import type { Testbed } from "../../lib/node.ts";
import type { Owner } from "../../lib/ownership.ts";
import { evaluate, type InspectableNode, type SwarmState } from "../../swarm/swarmState.ts";
import { hostErrors } from "../engineErrors.ts";
import { parseEngineInfo } from "../engineFacts.ts";
import { LocalTestbed } from "./local.ts";
import { containerName, localEndpoint } from "./localNode.ts";
import {
  type Claim,
  type DockerState,
  findOwn,
  nameConflicts,
  portConflicts,
  readDocker,
  readRoutes,
  routeConflicts,
} from "./localState.ts";
import { neighbourTableWarning } from "./neighbours.ts";

interface OpenLocalArgs {
  settings: Settings;
  local: LocalSettings;
  installation: Installation;
  owner: Owner;
  exec: Exec;
  inspectSwarm: (nodes: InspectableNode[]) => Promise<SwarmState>;
}

/**
 * Inspects this machine's Docker engine, reports every conflict, and declares the testbed.
 *
 * @throws SwarmbenchError `testbed-failed` with every conflict with other users of this machine, `engine-unsuitable` if nodes
 *   cannot run on its Docker engine
 */
export async function openLocal(args: OpenLocalArgs): Promise<{ testbed: Testbed; swarmState: SwarmState }> {
  const { settings, local, installation, owner, exec, inspectSwarm } = args;
  const { prefix } = settings;
  const docker = localDocker(installation.engineHost, exec);
  const state = await readDocker(docker).catch((cause: Error) => {
    const message = `The Docker engine of this machine does not answer: ${cause.message}`;
    throw new SwarmbenchError("testbed-failed", message, { hint: "See: npm run doctor", cause });
  });
  await refuseEngine(docker, installation);
  const name = (node: string) => containerName(prefix, node);
  await refuseConflicts(settings, state, {
    owner,
    subnet: local.subnet,
    nodes: local.nodes.map((node) => ({ container: name(node.name), sshPort: node.sshPort })),
  });
  const warning = neighbourTableWarning(local.nodes.length);
  if (warning) await pulumi.log.warn(warning);

  const machine = (node: string) => findOwn(owner, state.containers, name(node));
  const running = local.nodes.filter((node) => machine(node.name)?.running);
  const swarmState = await inspectSwarm(
    running.map((node) => ({ name: node.name, ssh: localEndpoint(node, installation) })),
  );
  const unreachable = new Set(
    running.filter((node) => !swarmState.reports.has(node.name)).map((node) => name(node.name)),
  );
  for (const node of local.nodes) {
    const membership = evaluate(node, swarmState);
    if (unreachable.has(name(node.name))) {
      await pulumi.log.warn(`${node.name} runs but does not answer: it will be replaced and keep its data`);
    } else if (machine(node.name)?.running === false) {
      await pulumi.log.warn(`${node.name} has stopped: it will be replaced and keep its data`);
    } else if (membership.kind === "broken") {
      await pulumi.log.info(`${node.name} ${membership.why}: this will be repaired`);
    }
  }
  const { subnet, nodes } = local;
  const testbed = new LocalTestbed("testbed", {
    prefix,
    subnet,
    nodes,
    installation,
    owner,
    state,
    unreachable,
  });
  return { testbed, swarmState };
}

/** @throws SwarmbenchError `engine-unsuitable` with every reason why nodes cannot run on this machine's engine */
async function refuseEngine(docker: DockerCli, { newestApi }: Installation): Promise<void> {
  const [info, oldestApi] = await Promise.all([
    docker("info", "--format", "{{json .}}"),
    docker("version", "--format", "{{.Server.MinAPIVersion}}"),
  ]);
  const facts = { info: parseEngineInfo(info), oldestApi: oldestApi.trim(), file: {}, flags: [] };
  const errors = hostErrors(facts, { newestApi });
  if (errors.length === 0) return;
  const list = errors.map((line) => `  - ${line}`).join("\n");
  throw new SwarmbenchError(
    "engine-unsuitable",
    `This machine cannot run nodes as containers; nothing was changed:\n${list}`,
  );
}

async function refuseConflicts(settings: Settings, state: DockerState, claim: Claim): Promise<void> {
  const conflicts = [
    ...nameConflicts(state, claim),
    ...routeConflicts(state, claim, readRoutes()),
    ...(await portConflicts(state, claim)),
  ];
  if (conflicts.length === 0) return;
  throw new SwarmbenchError(
    "testbed-failed",
    `Stack ${settings.stack} conflicts with others on this machine; nothing was changed:\n` +
      conflicts.map((line) => `  - ${line}`).join("\n"),
  );
}

import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../../config/settings.ts";
import type { LocalSettings } from "../../../config/testbed/local.ts";
import { localDocker } from "../../../lib/docker.ts";
import type { Exec } from "../../../lib/exec.ts";
import type { Installation } from "../../lib/installation.ts";
import type { Testbed } from "../../lib/node.ts";
import type { Owner } from "../../lib/ownership.ts";
import { evaluate, type Observable, type SwarmState } from "../../swarm/swarmState.ts";
import { LocalTestbed } from "./local.ts";
import { containerName, localEndpoint } from "./localNode.ts";
import {
  type Claim,
  clashes,
  type DockerState,
  findOurs,
  portClashes,
  readDocker,
  readRoutes,
  routeClashes,
} from "./localState.ts";
import { neighboursThatDoNotFit } from "./neighbours.ts";

interface OpenLocalArgs {
  settings: Settings;
  local: LocalSettings;
  installation: Installation;
  owner: Owner;
  exec: Exec;
  observe: (nodes: Observable[]) => Promise<SwarmState>;
}

/** @throws pulumi.RunError with every clash between what the stack would take and what others have */
export async function openLocal(args: OpenLocalArgs): Promise<{ testbed: Testbed; swarmState: SwarmState }> {
  const { settings, local, installation, owner, exec, observe } = args;
  const { prefix } = settings;
  const state = await readDocker(localDocker(installation.engineHost, exec)).catch((error: Error) => {
    throw new pulumi.RunError(
      `The Docker engine of this machine does not answer: ${error.message}\nSee: npm run doctor`,
    );
  });
  const name = (node: string) => containerName(prefix, node);
  await refuseClashes(settings, state, {
    owner,
    subnet: local.subnet,
    nodes: local.nodes.map((node) => ({ container: name(node.name), sshPort: node.sshPort })),
  });
  const crowded = neighboursThatDoNotFit(local.nodes.length);
  if (crowded) await pulumi.log.warn(crowded);

  const machine = (node: string) => findOurs(owner, state.containers, name(node));
  const running = local.nodes.filter((node) => machine(node.name)?.running);
  const swarmState = await observe(
    running.map((node) => ({ name: node.name, ssh: localEndpoint(node, installation) })),
  );
  const unreachable = new Set(
    running.filter((node) => !swarmState.reports.has(node.name)).map((node) => name(node.name)),
  );
  for (const node of local.nodes) {
    const membership = evaluate(node, swarmState);
    if (unreachable.has(name(node.name))) {
      await pulumi.log.warn(`${node.name} runs but does not answer: it will be made anew; its data stays`);
    } else if (machine(node.name)?.running === false) {
      await pulumi.log.warn(`${node.name} has stopped: it will be made anew; its data stays`);
    } else if (membership.kind === "broken") {
      await pulumi.log.info(`${node.name} ${membership.why}: it will be put right`);
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

async function refuseClashes(settings: Settings, state: DockerState, claim: Claim): Promise<void> {
  const found = [
    ...clashes(state, claim),
    ...routeClashes(state, claim, readRoutes()),
    ...(await portClashes(state, claim)),
  ];
  if (found.length === 0) return;
  throw new pulumi.RunError(
    `Stack ${settings.stack} cannot have what it needs on this machine; nothing was changed:\n` +
      found.map((clash) => `  - ${clash}`).join("\n"),
  );
}

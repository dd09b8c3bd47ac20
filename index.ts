import "./components/lib/stackTraces.ts";
import { ClockSync } from "./components/clocks/clockSync.ts";
import type { Deployment } from "./components/lib/deployment.ts";
import { hostNetworkId } from "./components/lib/hostNetwork.ts";
import { readInstallation } from "./components/lib/installation.ts";
import { undoLeftFaults } from "./components/lib/leftFaults.ts";
import { ownerOf } from "./components/lib/ownership.ts";
import { toRunError } from "./components/lib/runError.ts";
import { readSettings } from "./components/lib/stackConfig.ts";
import { openTestbed } from "./components/nodes/index.ts";
import { nodeOutput } from "./components/nodes/outputs.ts";
import { deployStack, imagesFor, refuseMissingImages } from "./components/services/stack.ts";
import { Images } from "./components/swarm/images.ts";
import { Registry } from "./components/swarm/registry.ts";
import { Swarm } from "./components/swarm/swarm.ts";
import { exec } from "./lib/exec.ts";

/** Declares the stack: testbed, clocks, swarm, registry, images and services, each built on the previous ones. */
async function declareStack() {
  const configured = readSettings();
  const installation = readInstallation();
  await refuseMissingImages(configured, installation);
  await undoLeftFaults();
  const owner = ownerOf(configured.prefix);

  const { settings, testbed, swarmState } = await openTestbed(configured, installation, owner, exec);
  const inTestbed = { deletedWith: testbed.lifetime };
  const clocks = new ClockSync(
    "clocks",
    { nodes: testbed.nodes, settings: settings.clockSync, owner },
    inTestbed,
  );
  const { nodes } = clocks;
  const swarm = new Swarm(
    "swarm",
    { nodes, lifetime: testbed.lifetime, settings: settings.swarm, owner, state: swarmState },
    inTestbed,
  );
  const registry = new Registry(
    "registry",
    {
      swarm,
      owner,
      port: settings.swarm.registryPort,
      image: installation.testbedImages.registry,
      engineHost: installation.engineHost,
    },
    inTestbed,
  );
  const images = new Images(
    "images",
    { swarm, registry, images: imagesFor(settings, installation) },
    inTestbed,
  );
  const declared = { services: [], files: [] };
  const deployment: Deployment = { swarm, nodes, images, owner, declared };
  if (settings.swarm.network === "host") deployment.hostNetwork = hostNetworkId(deployment, {});
  const stack = deployStack({ settings, deployment, installation, after: [clocks.ready] }, inTestbed);

  return {
    /** Prefix of the names of everything that this stack creates on this machine: node2's container is `<prefix>-node2`. */
    prefix: settings.prefix,
    nodes: nodes.map(nodeOutput),
    /** The kind of clock synchronisation and each node's state at the last `up`, for `npm run clocks`. */
    clocks: { kind: settings.clockSync.kind, found: clocks.ready },
    swarmId: swarm.id,
    memberIds: swarm.members,
    network: swarm.network.name,
    registry: registry.address,
    ...stack,
  };
}

export default () =>
  declareStack().catch((error: unknown) => {
    throw toRunError(error);
  });

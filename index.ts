import "./components/lib/stackTraces.ts";
import { ClockSync } from "./components/clocks/clockSync.ts";
import { readInstallation } from "./components/lib/installation.ts";
import { ownerOf } from "./components/lib/ownership.ts";
import { readSettings } from "./components/lib/stackConfig.ts";
import { openTestbed } from "./components/nodes/index.ts";
import { nodeOutput } from "./components/nodes/outputs.ts";
import { deployStack, imagesFor, refuseMissingImages } from "./components/services/stack.ts";
import { Images } from "./components/swarm/images.ts";
import { Registry } from "./components/swarm/registry.ts";
import { Swarm } from "./components/swarm/swarm.ts";
import { exec } from "./lib/exec.ts";

/** Settings -> testbed -> clocks -> swarm -> registry -> stack: each takes what the one before gives. */
export default async () => {
  const asked = readSettings();
  const installation = readInstallation();
  await refuseMissingImages(asked, installation);
  const owner = ownerOf(asked.prefix);

  const { settings, testbed, swarmState } = await openTestbed(asked, installation, owner, exec);
  const inTestbed = { deletedWith: testbed.lifetime };
  const clocks = new ClockSync(
    "clocks",
    { nodes: testbed.nodes, settings: settings.clockSync, owner },
    inTestbed,
  );
  const { nodes } = clocks;
  const swarm = new Swarm(
    "swarm",
    {
      nodes,
      lifetime: testbed.lifetime,
      settings: settings.swarm,
      owner,
      state: swarmState,
    },
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
  const site = { swarm, nodes, images, owner };
  const stack = deployStack({ settings, site, installation, after: [clocks.ready] }, inTestbed);

  return {
    /** Begins the name of everything that this stack has on this machine: node2's container is `<prefix>-node2`. */
    prefix: settings.prefix,
    nodes: nodes.map(nodeOutput),
    /** What was found of each node's clock when it was last waited for, and by which kind: what `npm run clocks` compares. */
    clocks: { kind: settings.clockSync.kind, found: clocks.ready },
    swarmId: swarm.id,
    memberIds: swarm.members,
    network: swarm.network.name,
    registry: registry.address,
    ...stack,
  };
};

import "./components/lib/stackTraces";
import { Images } from "./components/images";
import { readInstallation } from "./components/installation";
import { exec } from "./components/lib/exec";
import { ownerOf } from "./components/lib/ownership";
import { word } from "./components/lib/shell";
import { Registry } from "./components/registry";
import { readSettings } from "./components/settings";
import { deployStack, imagesFor, refuseMissingImages } from "./components/stack";
import { Swarm } from "./components/swarm";
import { openTestbed } from "./components/testbed";

/** Settings -> testbed -> swarm -> registry -> stack: each takes what the one before gives. */
export = async () => {
  const settings = readSettings();
  const installation = readInstallation();
  await refuseMissingImages(settings.parts, installation);
  const owner = ownerOf(settings.prefix);

  const { testbed, swarmState } = await openTestbed(settings, installation, owner, exec);
  const inTestbed = { deletedWith: testbed.lifetime };
  const swarm = new Swarm(
    "swarm",
    {
      nodes: testbed.nodes,
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
      image: installation.images.registry,
      engineHost: installation.engineHost,
    },
    inTestbed,
  );
  const images = new Images(
    "images",
    { swarm, registry, images: imagesFor(settings.parts, installation) },
    inTestbed,
  );
  const stack = deployStack(
    settings,
    { swarm, nodes: testbed.nodes, images, owner },
    installation,
    inTestbed,
  );

  return {
    /** Begins the name of everything that this stack has on this machine: node2's container is `<prefix>-node2`. */
    prefix: settings.prefix,
    nodes: testbed.nodes.map(({ name, role, address, ssh }) => ({
      name,
      role,
      address,
      ssh: `ssh -F ${word(ssh.configFile)} -p ${ssh.port} ${ssh.user}@${ssh.host}`,
    })),
    swarmId: swarm.id,
    memberIds: swarm.members,
    network: swarm.network.name,
    registry: registry.address,
    ...stack,
  };
};

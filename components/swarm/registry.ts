import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import { script, word } from "../../lib/shell.ts";
import { sshArguments } from "../../lib/ssh.ts";
import { labels, type Owner, removeLeftoverFirst } from "../lib/ownership.ts";
import { outputOf } from "../lib/remote.ts";
import type { Swarm } from "./swarm.ts";

interface RegistryArgs {
  swarm: Swarm;
  owner: Owner;
  /** Port on the manager's address in the testbed's network. */
  port: number;
  /** The registry's own image in this machine's Docker engine. */
  image: { tag: string; id: string };
  /** Address of this machine's Docker engine, which has the registry's image. */
  engineHost: string;
}

/**
 * An image registry on the manager, from which all nodes pull. Without it, every node would download the same layers from a
 * public registry, which a testbed may not be able to reach.
 */
export class Registry extends pulumi.ComponentResource {
  /** `address:port`, the first part of every image reference. Known once the registry runs. */
  readonly address: pulumi.Output<string>;
  /** Name of the registry's volume on the manager. Known once the volume exists. */
  readonly volume: pulumi.Output<string>;

  constructor(name: string, args: RegistryArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:swarm:Registry", name, {}, options);
    const { swarm, owner, port, image } = args;
    const { manager } = swarm;
    const onManager = {
      parent: this,
      provider: swarm.provider,
      deletedWith: manager.machine,
      replacementTrigger: swarm.id,
      deleteBeforeReplace: true,
    };
    const loaded = new local.Command(
      `${name}-image`,
      {
        create: sendImageScript(image, args),
        // A replaced manager may have lost its images.
        environment: { SWARMBENCH_MANAGER: manager.ready },
        interpreter: ["/bin/bash", "-c"],
        logging: local.Logging.None,
        addPreviousOutputInEnv: false,
      },
      { parent: this, deletedWith: manager.machine },
    );
    const volume = new docker.Volume(`${name}-data`, { name: "registry", labels: labels(owner) }, onManager);
    const container = new docker.Container(
      name,
      {
        name: "registry",
        image: outputOf(loaded),
        restart: "always",
        mounts: [{ type: "volume", source: volume.name, target: "/var/lib/registry" }],
        // Only on the testbed's network, because the registry has no password.
        ports: [{ internal: 5000, external: port, ip: manager.address, protocol: "tcp" }],
        labels: labels(owner),
      },
      {
        ...onManager,
        hooks: removeLeftoverFirst("container", "registry", owner, remoteDocker(manager.ssh, exec)),
      },
    );
    this.volume = volume.name;
    this.address = container.id.apply(() => `${manager.address}:${port}`);
    this.registerOutputs({ address: this.address });
  }
}

/** Copies an image from this machine's engine to the manager's unless it is there, and prints the image id on the manager. */
function sendImageScript({ tag }: RegistryArgs["image"], { engineHost, swarm }: RegistryArgs): string {
  const ssh = ["ssh", ...sshArguments(swarm.manager.ssh)].map(word).join(" ");
  return script(
    { DOCKER_HOST: engineHost, IMAGE: tag },
    `
set -o pipefail
export DOCKER_HOST
id() { ${ssh} docker image inspect --format '{{.Id}}' "$IMAGE"; }
# By name, because the id of an image can differ between engines.
if ! id >/dev/null 2>&1; then docker save "$IMAGE" | ${ssh} docker load >&2; fi
id`,
  );
}

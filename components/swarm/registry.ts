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
  /** Port on the manager's address, for the nodes of the testbed. */
  port: number;
  /** The registry's own image, as this machine's engine has it. */
  image: { tag: string; id: string };
  /** This machine's engine, from which images are sent. */
  engineHost: string;
}

/**
 * An image registry on the manager, from which all nodes pull: a worker without an image would ask a public registry,
 * which a testbed may not reach, and each node would download the same layers.
 */
export class Registry extends pulumi.ComponentResource {
  /** `address:port`, the first part of every image name in it; known once the registry runs. */
  readonly address: pulumi.Output<string>;
  /** Name of the manager's volume that holds what it serves; known once the volume is there. */
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
        // A manager that was made anew may have lost its images.
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
        // On the testbed's network only: it has no password.
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

/** Sends an image of this machine's engine to the manager's, unless it is there, and prints its id there. */
function sendImageScript({ tag }: RegistryArgs["image"], { engineHost, swarm }: RegistryArgs): string {
  const ssh = ["ssh", ...sshArguments(swarm.manager.ssh)].map(word).join(" ");
  return script(
    { DOCKER_HOST: engineHost, IMAGE: tag },
    `
set -o pipefail
export DOCKER_HOST
id() { ${ssh} docker image inspect --format '{{.Id}}' "$IMAGE"; }
# Sent by name: two engines need not have the same id for one image.
if ! id >/dev/null 2>&1; then docker save "$IMAGE" | ${ssh} docker load >&2; fi
id`,
  );
}

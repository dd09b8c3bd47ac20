import * as pulumi from "@pulumi/pulumi";
import { NODE_FOLDERS, PROBE_SERVICES } from "../../../contract/network.ts";
import { script } from "../../../lib/shell.ts";
import type { Deployment } from "../../lib/deployment.ts";
import type { Node } from "../../lib/node.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { type ServiceArgs, service, type Transforms } from "../../lib/service.ts";

/** They have nothing to save. */
const STOP_GRACE_SEC = 3;
/** The user of the bench image, by number. */
const USER = 1000;
/**
 * Swarm's name for a node's own network. It is given by name, because its id differs between swarms and no command of
 * Docker prints it.
 */
const HOST_NETWORK = "host";

/** The node's own network, or the swarm's overlay. */
export type ProbeNetwork = keyof typeof PROBE_SERVICES;

interface ProbesArgs {
  deployment: Deployment;
  transform?: Transforms<ProbeNetwork>;
}

/**
 * What measures the network between the nodes: a probe on every node's own network, and one on the overlay, which is asked by
 * the runner and passes on what concerns the other one. They wait and use next to nothing until then.
 */
export class Probes extends pulumi.ComponentResource {
  /** Resolves once they are declared on nodes that are ready for them; another text when they are other ones. */
  readonly ready: pulumi.Output<string>;

  private readonly args: ProbesArgs;

  constructor(name: string, args: ProbesArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Probes", name, {}, options);
    this.args = args;

    const folders = pulumi.all(args.deployment.nodes.map((node) => this.folders(name, node)));
    const services = [this.onOverlay(folders), this.onHosts(folders)];
    this.ready = pulumi
      .all([pulumi.all(services.map(({ id }) => id)), folders])
      .apply((parts) => parts.flat().join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  /** Swarm starts no task whose folders are not there. */
  private folders(name: string, { name: node, address, ssh, ready, machine }: Node): pulumi.Output<string> {
    const prepared = runOn(
      `${node}-${name}`,
      ssh,
      { script: ready.apply((generation) => foldersScript({ node, address, generation })) },
      { parent: this, deletedWith: machine },
    );
    return outputOf(prepared);
  }

  private onOverlay(folders: pulumi.Output<string[]>) {
    return this.probe("overlay", folders, {
      environment: { SWARMBENCH_NODE: "{{.Node.Hostname}}" }, // Swarm fills it in for each task
      mounts: [
        { type: "bind" as const, source: NODE_FOLDERS.clock, target: NODE_FOLDERS.clock, readOnly: true },
      ],
    });
  }

  private onHosts(folders: pulumi.Output<string[]>) {
    return this.probe("host", folders, { networks: [HOST_NETWORK] });
  }

  private probe(
    network: ProbeNetwork,
    folders: pulumi.Output<string[]>,
    more: Pick<ServiceArgs, "environment" | "mounts" | "networks">,
  ) {
    const { deployment, transform } = this.args;
    const name = PROBE_SERVICES[network];
    const { probe } = NODE_FOLDERS;
    return service(
      name,
      {
        deployment,
        name,
        ...more,
        on: "every node" as const,
        limits: {},
        stopGraceSec: STOP_GRACE_SEC,
        // Waits for the folders.
        image: pulumi.all([deployment.images.ref("bench"), folders]).apply(([image]) => image),
        arguments: ["probe", network],
        mounts: [{ type: "bind", source: probe, target: probe }, ...(more.mounts ?? [])],
        transform: transform?.[network],
      },
      this,
    );
  }
}

interface Folders {
  node: string;
  address: string;
  /** Another text when the machine is another one, which has no folders. */
  generation: string;
}

/** The probes find there where they are, and each other; and how the node's clock is, if something keeps it. */
function foldersScript({ node, address, generation }: Folders): string {
  const { probe, clock } = NODE_FOLDERS;
  return script(
    { NODE: node, ADDRESS: address, MACHINE: generation, PROBE: probe, CLOCK: clock, OWNER: USER },
    `
mkdir -p "$CLOCK"
install -d -o "$OWNER" -g "$OWNER" -m 0700 "$PROBE"
printf '%s\\n' "$ADDRESS" > "$PROBE/address"
chmod 0644 "$PROBE/address"
echo "$NODE at $ADDRESS"`,
  );
}

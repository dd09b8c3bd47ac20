import * as pulumi from "@pulumi/pulumi";
import { NODE_FOLDERS, PROBE_SERVICES } from "../../../contract/network.ts";
import { script } from "../../../lib/shell.ts";
import type { Site } from "../../lib/deployment.ts";
import type { Node } from "../../lib/node.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { type ServiceArgs, service, type Transforms } from "../../lib/service.ts";
import type { StackToken } from "../token/token.ts";

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
  site: Site;
  transform?: Transforms<ProbeNetwork> | undefined;
  token: StackToken;
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

    const folders = pulumi.all(args.site.nodes.map((node) => this.folders(name, node)));
    const services = [this.onOverlay(folders), this.onHosts(folders)];
    this.ready = pulumi
      .all([pulumi.all(services.map(({ id }) => id)), folders])
      .apply((parts) => parts.flat().join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  /** Swarm starts no task whose folders are not there. */
  private folders(name: string, { name: node, address, ssh, ready, machine }: Node): pulumi.Output<string> {
    const nodes = this.args.site.nodes.map((each) => each.address);
    const prepared = runOn(
      `${node}-${name}`,
      ssh,
      { script: ready.apply((generation) => foldersScript({ node, address, nodes, generation })) },
      { parent: this, deletedWith: machine },
    );
    return outputOf(prepared);
  }

  private onOverlay(folders: pulumi.Output<string[]>) {
    return this.probe("overlay", folders, {
      environment: { SWARMBENCH_NODE: "{{.Node.Hostname}}" }, // Swarm fills it in for each task
      files: [this.args.token.file],
      mounts: [
        { type: "bind" as const, source: NODE_FOLDERS.clock, target: NODE_FOLDERS.clock, readOnly: true },
      ],
    });
  }

  private onHosts(folders: pulumi.Output<string[]>) {
    const { node } = NODE_FOLDERS;
    return this.probe("host", folders, {
      networks: [HOST_NETWORK],
      mounts: [{ type: "bind" as const, source: node, target: node, readOnly: true }],
    });
  }

  private probe(
    network: ProbeNetwork,
    folders: pulumi.Output<string[]>,
    more: Pick<ServiceArgs, "environment" | "files" | "mounts" | "networks">,
  ) {
    const { site, transform } = this.args;
    const name = PROBE_SERVICES[network];
    const { probe } = NODE_FOLDERS;
    return service(
      name,
      {
        site,
        name,
        ...more,
        on: "every node" as const,
        limits: {},
        stopGraceSec: STOP_GRACE_SEC,
        // Waits for the folders.
        image: pulumi.all([site.images.ref("bench"), folders]).apply(([image]) => image),
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
  /** Addresses of all nodes. */
  nodes: readonly string[];
  /** Another text when the machine is another one, which has no folders. */
  generation: string;
}

/**
 * The probes of a node share a folder of their own. Root writes no file there, since their user could have put a link in its
 * place: what root tells them is in a folder of root's, which they mount read-only.
 */
function foldersScript({ node, address, nodes, generation }: Folders): string {
  const { probe, clock, node: facts } = NODE_FOLDERS;
  return script(
    {
      NODE: node,
      ADDRESS: address,
      NODES: nodes.join("\n"),
      MACHINE: generation,
      PROBE: probe,
      FACTS: facts,
      CLOCK: clock,
      OWNER: USER,
    },
    `
mkdir -p "$CLOCK"
install -d -o "$OWNER" -g "$OWNER" -m 0700 "$PROBE"
install -d -o 0 -g 0 -m 0755 "$FACTS"
printf '%s\\n' "$ADDRESS" > "$FACTS/address"
printf '%s\\n' "$NODES" > "$FACTS/nodes.new"
mv "$FACTS/nodes.new" "$FACTS/nodes"
chmod 0644 "$FACTS/address" "$FACTS/nodes"
echo "$NODE at $ADDRESS"`,
  );
}

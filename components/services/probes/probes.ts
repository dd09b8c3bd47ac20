import * as pulumi from "@pulumi/pulumi";
import { CGROUPS, NODE_FOLDERS, PROBE_SERVICES } from "../../../contract/network.ts";
import { script } from "../../../lib/shell.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { hostNetworkId } from "../../lib/hostNetwork.ts";
import type { Node } from "../../lib/node.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { type ServiceArgs, service, type Transforms } from "../../lib/service.ts";
import type { StackToken } from "../token/token.ts";

/** Probes have nothing to save. */
const STOP_GRACE_SEC = 3;
/** User id of the bench image. */
const USER = 1000;

/** A network that probes measure: the node's own network (`host`), or the swarm's overlay. */
export type ProbeNetwork = keyof typeof PROBE_SERVICES;

interface ProbesArgs {
  deployment: Deployment;
  transform?: Transforms<ProbeNetwork> | undefined;
  token: StackToken;
}

/**
 * Two probes per node that measure the network between the nodes: one on the node's own network and one on the overlay.
 * The runner talks to the overlay probe, which forwards requests for the other one. Probes idle until a run uses them.
 */
export class Probes extends pulumi.ComponentResource {
  /** Resolves once the probes are declared and their folders exist. The text changes when either is replaced. */
  readonly ready: pulumi.Output<string>;

  private readonly args: ProbesArgs;

  constructor(name: string, args: ProbesArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Probes", name, {}, options);
    this.args = args;

    const folders = pulumi.all(args.deployment.nodes.map((node) => this.folders(name, node)));
    const services = [this.onOverlay(folders), this.onHosts(folders)];
    this.ready = pulumi
      .all([pulumi.all(services.map(({ id }) => id)), folders])
      .apply((ids) => ids.flat().join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  /** Creates the folders that a node's probes mount: Swarm starts no task whose bind mounts are missing. */
  private folders(name: string, { name: node, address, ssh, ready, machine }: Node): pulumi.Output<string> {
    const nodes = this.args.deployment.nodes.map((each) => each.address);
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
        { type: "bind" as const, source: CGROUPS.node, target: CGROUPS.probe, readOnly: true },
      ],
    });
  }

  private onHosts(folders: pulumi.Output<string[]>) {
    const { node } = NODE_FOLDERS;
    const { deployment } = this.args;
    return this.probe("host", folders, {
      networks: [deployment.hostNetwork ?? hostNetworkId(deployment, { parent: this })],
      mounts: [{ type: "bind" as const, source: node, target: node, readOnly: true }],
    });
  }

  private probe(
    network: ProbeNetwork,
    folders: pulumi.Output<string[]>,
    more: Pick<ServiceArgs, "environment" | "files" | "mounts" | "networks">,
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
        // Depends on the folders.
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
  /** Addresses of all nodes. */
  nodes: readonly string[];
  /** Changes when the machine is replaced; the new one has no folders yet. */
  generation: string;
}

/**
 * Probes use these folders to find the nodes' addresses and each other, and to read the state of the node's clock. Root writes
 * no file into the probes' own folder, where their user could have put a link in its place.
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

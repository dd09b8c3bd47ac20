import { local } from "@pulumi/command";
import { Network, Provider } from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { addressIn } from "../../../lib/addresses.ts";
import { localDocker } from "../../../lib/docker.ts";
import { exec } from "../../../lib/exec.ts";
import { generation, replacedBy, replaceUnless } from "../../lib/driftReplacement.ts";
import type { Node, Testbed } from "../../lib/node.ts";
import { labels, removeLeftoverFirst } from "../../lib/ownership.ts";
import { type LocalTestbedArgs, localNode } from "./localNode.ts";
import { findOwn } from "./localState.ts";
import { removeEverythingScript } from "./scripts.ts";

/** Nodes as containers on this machine, each with its own dockerd and sshd, on a separate bridge network. */
export class LocalTestbed extends pulumi.ComponentResource implements Testbed {
  readonly nodes: [Node, ...Node[]];
  readonly lifetime: pulumi.Resource;

  constructor(name: string, args: LocalTestbedArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:testbed:Local", name, {}, options);
    const { nodes, installation, owner } = args;
    const engine = new Provider(`${name}-engine`, { host: installation.engineHost }, { parent: this });
    // Deleting this resource removes everything with the stack's labels, including leftovers of a crash that Pulumi did not
    // record. Other resources need not be deleted one by one, so neither dead nodes nor leftovers block a destroy.
    this.lifetime = new local.Command(
      `${name}-lifetime`,
      { delete: removeEverythingScript(installation.engineHost, owner), logging: local.Logging.None },
      { parent: this },
    );
    const shared = { parent: this, provider: engine, deletedWith: this.lifetime };
    const network = localNetwork(name, args, shared);
    const [manager, ...workers] = nodes;
    const node = (config: typeof manager) => localNode(config, { ...args, network }, shared);
    this.nodes = [node(manager), ...workers.map(node)];
    this.registerOutputs({ nodes: this.nodes.map(({ name, address }) => ({ name, address })) });
  }
}

function localNetwork(
  name: string,
  { prefix, subnet, installation, owner, state }: LocalTestbedArgs,
  shared: pulumi.CustomResourceOptions,
): Network {
  const docker = localDocker(installation.engineHost, exec);
  const replacement = replaceUnless(findOwn(owner, state.networks, prefix) !== undefined);
  return new Network(
    `${name}-network`,
    {
      name: prefix,
      driver: "bridge",
      ipamConfigs: [{ subnet, gateway: addressIn(subnet, 1) }],
      labels: labels(owner, generation(replacement)),
    },
    {
      ...shared,
      ...replacedBy(replacement),
      hooks: removeLeftoverFirst("network", prefix, owner, docker),
    },
  );
}

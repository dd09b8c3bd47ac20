import type * as pulumi from "@pulumi/pulumi";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import type { Images } from "../swarm/images.ts";
import type { Swarm } from "../swarm/swarm.ts";
import type { Node } from "./node.ts";
import { type Owner, removeLeftoverFirst } from "./ownership.ts";

/** Where the parts of the stack go: what each of them is given beside its own settings. */
export interface Site {
  swarm: Swarm;
  /** The first is the swarm's manager. */
  nodes: readonly [Node, ...Node[]];
  images: Images;
  owner: Owner;
}

/** Options of what is in the swarm, and is asked for and removed through its manager. */
export function inSwarm({ swarm }: Site, parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return {
    parent,
    provider: swarm.provider,
    deletedWith: swarm.manager.machine,
    // A manager that lost its data runs another swarm, in which there is nothing of this.
    replacementTrigger: swarm.id,
  };
}

/** Hooks that remove a service of this name which an `up` that was killed has left. */
export function withoutLeftover({ swarm, owner }: Site, service: string): pulumi.ResourceHookBinding {
  return removeLeftoverFirst("service", service, owner, remoteDocker(swarm.manager.ssh, exec));
}

import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import type { Node } from "./node.ts";
import { type Owner, removeLeftoverFirst } from "./ownership.ts";

/** The swarm that services are deployed into. */
export interface TargetSwarm {
  manager: Node;
  /** The swarm's id, known once the manager runs it. */
  id: pulumi.Output<string>;
  /** Talks to the manager's engine. */
  provider: docker.Provider;
  /** The overlay network on which services and the bench meet. */
  network: docker.Network;
}

/** The images that the nodes can pull. */
export interface TargetImages {
  /**
   * The name, with its digest, by which every node can pull an image; known once the image is in the registry.
   *
   * @param image its key in installation.json
   * @throws pulumi.RunError where setup has no such image
   */
  ref(image: string): pulumi.Output<string>;
}

/** What a service is deployed into: each component gets it beside its own settings. */
export interface Site {
  swarm: TargetSwarm;
  /** The first is the swarm's manager. */
  nodes: readonly [Node, ...Node[]];
  images: TargetImages;
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

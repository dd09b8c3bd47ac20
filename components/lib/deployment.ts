import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import type { Node } from "./node.ts";
import { type Owner, removeLeftoverFirst } from "./ownership.ts";

/** The swarm that services are deployed to. */
export interface DeploymentSwarm {
  manager: Node;
  /** The swarm's id, known once the swarm is initialized on the manager. */
  id: pulumi.Output<string>;
  /** Connects to the manager's Docker engine. */
  provider: docker.Provider;
  /** The overlay network that connects services and the benchmark. */
  network: docker.Network;
}

/** The images that the nodes can pull from the testbed's registry. */
export interface DeploymentImages {
  /**
   * The image reference, with digest, that every node can pull. Known once the image is in the registry.
   *
   * @param image the image's key in installation.json
   * @throws SwarmbenchError `not-set-up` if setup has no such image
   */
  ref(image: string): pulumi.Output<string>;
}

/** The deployment target of a service. Every service component gets it in addition to its own settings. */
export interface Deployment {
  swarm: DeploymentSwarm;
  /** The first one is the swarm's manager. */
  nodes: readonly [Node, ...Node[]];
  images: DeploymentImages;
  owner: Owner;
}

/** Pulumi options for resources inside the swarm, which are managed through the swarm's manager. */
export function inSwarm({ swarm }: Deployment, parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return {
    parent,
    provider: swarm.provider,
    deletedWith: swarm.manager.machine,
    // A manager that lost its data runs a new swarm, which has none of these resources.
    replacementTrigger: swarm.id,
  };
}

/** Hooks that remove a service of this name left behind by a killed `up`. */
export function withoutLeftover({ swarm, owner }: Deployment, service: string): pulumi.ResourceHookBinding {
  return removeLeftoverFirst("service", service, owner, remoteDocker(swarm.manager.ssh, exec));
}

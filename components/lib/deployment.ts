import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { NetworkName } from "../../contract/network.ts";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import type { Node } from "./node.ts";
import { type Owner, removePreviousFirst } from "./ownership.ts";

/**
 * Explicitly no Docker context, for every provider with a host: the official provider would otherwise take the name in the
 * environment variable DOCKER_CONTEXT, and connect to that engine instead of the host.
 */
export const NO_CONTEXT = "";

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
  /**
   * Id of the nodes' own network, if brokers and agents use it instead of the overlay network (`swarm.network: host`).
   * @default undefined: they use the overlay network
   */
  hostNetwork?: pulumi.Output<string>;
  /** What has been declared in the swarm so far, for the removal of everything else. */
  declared: Declared;
}

/** The network that brokers and agents use. */
export function loadNetwork({ hostNetwork }: Pick<Deployment, "hostNetwork">): NetworkName {
  return hostNetwork === undefined ? "overlay" : "host";
}

/** Objects of the swarm that the program declares. */
export interface Declared {
  /** Names of services, known once the service exists. */
  services: pulumi.Output<string>[];
  /** Ids of secrets and configs. */
  files: pulumi.Output<string>[];
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

/**
 * Pulumi options for services, secrets and configs. The provider cannot delete one that is gone: it fails, and every later `up`
 * as well. Pulumi therefore never deletes them. {@link withoutPrevious} and `undeclared.ts` do, and accept that they are gone.
 */
export function keptInSwarm(deployment: Deployment, parent: pulumi.Resource): pulumi.CustomResourceOptions {
  return { ...inSwarm(deployment, parent), retainOnDelete: true };
}

/** Hooks that remove a service of this name before it is created: the one to replace, or one left behind by a killed `up`. */
export function withoutPrevious({ swarm, owner }: Deployment, service: string): pulumi.ResourceHookBinding {
  return removePreviousFirst("service", service, owner, remoteDocker(swarm.manager.ssh, exec));
}

import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Deployment, inSwarm } from "./deployment.ts";
import { labels } from "./ownership.ts";

/**
 * A swarm secret that tasks get as a file. Swarm secrets are immutable, so the name is not fixed: a changed value creates a new
 * secret, the service switches to it, and the old one is deleted.
 */
export function secretFile(
  name: string,
  value: pulumi.Input<string>,
  deployment: Deployment,
  parent: pulumi.Resource,
): docker.Secret {
  const data = pulumi.secret(pulumi.output(value).apply((text) => Buffer.from(text).toString("base64")));
  return new docker.Secret(name, { data, labels: labels(deployment.owner) }, inSwarm(deployment, parent));
}

/** A swarm config that tasks get as a file. Not for secrets: Docker stores and prints it as plain text. */
export function configFile(
  name: string,
  text: pulumi.Input<string>,
  deployment: Deployment,
  parent: pulumi.Resource,
): docker.ServiceConfig {
  const data = pulumi.output(text).apply((value) => Buffer.from(value).toString("base64"));
  return new docker.ServiceConfig(name, { data }, inSwarm(deployment, parent));
}

import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { inSwarm, type Site } from "./deployment.ts";
import { labels } from "./ownership.ts";

/**
 * A secret of the swarm, as a file of a task. Swarm's secrets cannot be changed: without a fixed name the new one is
 * made, the service goes over to it, and then the old one goes.
 */
export function secretFile(
  name: string,
  value: pulumi.Input<string>,
  site: Site,
  parent: pulumi.Resource,
): docker.Secret {
  const data = pulumi.secret(pulumi.output(value).apply((text) => Buffer.from(text).toString("base64")));
  return new docker.Secret(name, { data, labels: labels(site.owner) }, inSwarm(site, parent));
}

/** A config of the swarm, as a file of a task; not for secrets, since it is stored and shown in clear. */
export function configFile(
  name: string,
  text: pulumi.Input<string>,
  site: Site,
  parent: pulumi.Resource,
): docker.ServiceConfig {
  const data = pulumi.output(text).apply((value) => Buffer.from(value).toString("base64"));
  return new docker.ServiceConfig(name, { data }, inSwarm(site, parent));
}

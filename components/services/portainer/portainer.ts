import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { PortainerSettings } from "../../../config/services/index.ts";
import { type Deployment, inSwarm } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { labels } from "../../lib/ownership.ts";
import { homeOf } from "../../lib/placement.ts";
import { type RandomSecret, randomSecret } from "../../lib/randomSecret.ts";
import { service, type Transforms } from "../../lib/service.ts";
import { nodeVolume } from "../../lib/volume.ts";
import { AGENT_MOUNTS, agentEnvironment, environmentForm, portainerArguments } from "./flags.ts";

const NAME = "portainer";
const AGENT = "portainer_agent";
const PORT = 9000;
const USER = "admin";
const PASSWORD_FILE = "/run/secrets/portainer_admin_password";

interface PortainerArgs {
  deployment: Deployment;
  settings: PortainerSettings;
  transform?: Transforms<"service" | "agent">;
}

/**
 * Portainer CE on the monitor node, and its agent on every node. An agent runs as root and accepts commands from the
 * first server that calls it. The agents are therefore on a network of their own that no other container is attached to.
 */
export class Portainer extends pulumi.ComponentResource {
  readonly node: Node;
  readonly url = `http://${NAME}:${PORT}`;
  readonly port = PORT;
  readonly service = NAME;
  readonly user = USER;
  readonly password: pulumi.Output<string>;
  readonly ready: pulumi.Output<string>;

  private readonly args: PortainerArgs;

  constructor(name: string, args: PortainerArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Portainer", name, {}, options);
    this.args = args;

    const { deployment, settings } = args;
    this.node = homeOf("monitor", deployment.nodes);
    const password = randomSecret(`${name}-password`, settings.rotation, { parent: this });
    this.password = password.current;
    const network = this.agentNetwork(name);
    const volume = nodeVolume(NAME, this.node, deployment, this);
    const agent = this.runAgent(name, network, volume);
    const running = this.run(name, password, network, volume, agent);
    this.ready = this.provision(name, running, password);
    this.registerOutputs({ url: this.url });
  }

  private agentNetwork(name: string): docker.Network {
    const { deployment } = this.args;
    return new docker.Network(
      `${name}-agents`,
      { driver: "overlay", labels: labels(deployment.owner) },
      inSwarm(deployment, this),
    );
  }

  private runAgent(name: string, network: docker.Network, volume: pulumi.Output<string>): pulumi.Resource {
    const { deployment, settings, transform } = this.args;
    const agent = service(
      `${name}-agent`,
      {
        deployment,
        name: AGENT,
        image: deployment.images.ref("portainerAgent"),
        // An agent that served another server rejects a new one until it is restarted. A new volume means a new server.
        environment: {
          ...agentEnvironment({ service: AGENT }),
          SWARMBENCH_SERVER_DATA: this.serverData(volume),
        },
        networks: [network.id],
        on: "every node",
        limits: settings.limits,
        mounts: AGENT_MOUNTS,
        transform: transform?.agent,
      },
      this,
    );
    return agent.resource;
  }

  private serverData(volume: pulumi.Output<string>): pulumi.Output<string> {
    return pulumi.interpolate`${volume} ${this.node.ready}`;
  }

  private run(
    name: string,
    password: RandomSecret,
    network: docker.Network,
    volume: pulumi.Output<string>,
    agent: pulumi.Resource,
  ): pulumi.Output<string> {
    const { deployment, settings, transform } = this.args;
    const portainer = service(
      name,
      {
        deployment,
        name: NAME,
        image: deployment.images.ref("portainer"),
        arguments: portainerArguments({ agent: AGENT, passwordFile: PASSWORD_FILE }),
        on: this.node,
        limits: settings.limits,
        networks: [deployment.swarm.network.id, network.id],
        mounts: [{ type: "volume", source: volume, target: "/data" }],
        files: [
          {
            path: PASSWORD_FILE,
            source: secretFile(`${name}-admin-password`, password.current, deployment, this),
          },
        ],
        transform: transform?.service,
      },
      this,
      // The server registers the swarm at its first start if an agent answers; otherwise the provision job does.
      { dependsOn: [agent] },
    );
    return portainer.id;
  }

  private provision(
    name: string,
    running: pulumi.Output<string>,
    password: RandomSecret,
  ): pulumi.Output<string> {
    return runJob(
      `${name}-provision`,
      {
        deployment: this.args.deployment,
        job: "portainer-provision",
        input: { url: this.url, user: USER, password, environment: environmentForm(AGENT) },
        after: [running, this.node.ready],
      },
      { parent: this },
    ).result;
  }
}

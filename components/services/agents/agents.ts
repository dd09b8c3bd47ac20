import * as pulumi from "@pulumi/pulumi";
import type { AgentSettings } from "../../../config/benchmark.ts";
import { NODE_ADDRESSES_VARIABLE } from "../../../contract/hostAgents.ts";
import { AGENT_SERVICES, type AgentRole } from "../../../contract/request.ts";
import { SECRET_FILES } from "../../../contract/target.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { nodesOf } from "../../lib/placement.ts";
import { service, type TaskFile, type Transforms } from "../../lib/service.ts";
import type { StackToken } from "../token/token.ts";

/** Agents have nothing to save: a run notices that its agents are gone. */
const STOP_GRACE_SEC = 6;

interface AgentsArgs {
  deployment: Deployment;
  settings: Record<AgentRole, AgentSettings>;
  transform?: Transforms<AgentRole> | undefined;
  token: StackToken;
  /** Kafka's password; absent: the brokers ask for none. */
  kafkaPassword?: pulumi.Output<string> | undefined;
}

/**
 * The two services whose tasks host the logical producers and consumers. They idle until a runner connects. The stack
 * declares only the number of tasks; the runner assigns their work step by step.
 *
 * They have no health check, because it would take CPU time from the measurement: the runner polls each task instead.
 */
export class Agents extends pulumi.ComponentResource {
  /** Resolves once all tasks run. The text changes when the tasks are replaced. */
  readonly ready: pulumi.Output<string>;

  private readonly args: AgentsArgs;

  constructor(name: string, args: AgentsArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Agents", name, {}, options);
    this.args = args;

    const files = this.secretFiles(name);
    const services = [this.agents("producer", files), this.agents("consumer", files)];
    this.ready = pulumi.all(services.map(({ id }) => id)).apply((ids) => ids.join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  /** Swarm transfers secrets over TLS, while requests of the runner cross the network in clear. */
  private secretFiles(name: string): TaskFile[] {
    const { deployment, token, kafkaPassword } = this.args;
    if (!kafkaPassword) return [token.file];
    const source = secretFile(`${name}-kafka-password`, kafkaPassword, deployment, this);
    return [token.file, { path: SECRET_FILES.kafkaPassword, source }];
  }

  /** On the nodes' own network, an agent listens on the address of its node, which Swarm has no template for. */
  private nodeAddresses(): Record<string, string> {
    const { deployment } = this.args;
    if (!deployment.hostNetwork) return {};
    const nodes = nodesOf("agent", deployment.nodes);
    const addresses = Object.fromEntries(nodes.map(({ hostname, address }) => [hostname, address]));
    return { [NODE_ADDRESSES_VARIABLE]: JSON.stringify(addresses) };
  }

  private agents(role: AgentRole, files: TaskFile[]) {
    const { deployment, settings, transform } = this.args;
    const { tasks, limits } = settings[role];
    return service(
      AGENT_SERVICES[role],
      {
        deployment,
        name: AGENT_SERVICES[role],
        image: deployment.images.ref("bench"),
        arguments: ["agent", role],
        // Swarm fills these templates in for each task.
        environment: {
          SWARMBENCH_NODE: "{{.Node.Hostname}}",
          SWARMBENCH_TASK: "{{.Service.Name}}.{{.Task.Slot}}",
          ...this.nodeAddresses(),
        },
        networks: deployment.hostNetwork && [deployment.hostNetwork],
        on: { role: "agent", replicas: tasks },
        limits,
        files,
        stopGraceSec: STOP_GRACE_SEC,
        transform: transform?.[role],
      },
      this,
    );
  }
}

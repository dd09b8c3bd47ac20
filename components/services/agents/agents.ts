import * as pulumi from "@pulumi/pulumi";
import type { AgentSettings } from "../../../config/benchmark.ts";
import { AGENT_SERVICES, type AgentRole } from "../../../contract/request.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { service, type Transforms } from "../../lib/service.ts";

/** Agents have nothing to save: a run notices that its agents are gone. */
const STOP_GRACE_SEC = 6;

interface AgentsArgs {
  deployment: Deployment;
  settings: Record<AgentRole, AgentSettings>;
  transform?: Transforms<AgentRole>;
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

    const services = [this.agents("producer"), this.agents("consumer")];
    this.ready = pulumi.all(services.map(({ id }) => id)).apply((ids) => ids.join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  private agents(role: AgentRole) {
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
        },
        on: { role: "agent", replicas: tasks },
        limits,
        stopGraceSec: STOP_GRACE_SEC,
        transform: transform?.[role],
      },
      this,
    );
  }
}

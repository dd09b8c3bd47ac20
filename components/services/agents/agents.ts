import * as pulumi from "@pulumi/pulumi";
import type { AgentSettings } from "../../../config/benchmark.ts";
import { AGENT_SERVICES, type AgentRole } from "../../../contract/request.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { service, type Transforms } from "../../lib/service.ts";

/** They have nothing to save: a run that they worked for sees that they are gone. */
const STOP_GRACE_SEC = 6;

interface AgentsArgs {
  deployment: Deployment;
  settings: Record<AgentRole, AgentSettings>;
  transform?: Transforms<AgentRole>;
}

/**
 * The services that host the logical producers and consumers. They wait for a runner and use next to nothing until then;
 * how many tasks there are is all that is declared, for what a task does is told to it step by step.
 *
 * They have no health check, which would take CPU from what is measured: the runner asks each whether it is there.
 */
export class Agents extends pulumi.ComponentResource {
  /** Resolves once all tasks run; another text when they are other tasks. */
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
        // Swarm fills them in for each task.
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

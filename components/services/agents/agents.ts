import * as pulumi from "@pulumi/pulumi";
import type { AgentSettings } from "../../../config/benchmark.ts";
import { AGENT_SERVICES, type AgentRole } from "../../../contract/request.ts";
import { SECRET_FILES } from "../../../contract/target.ts";
import type { Site } from "../../lib/deployment.ts";
import { secretFile } from "../../lib/files.ts";
import { service, type TaskFile, type Transforms } from "../../lib/service.ts";
import type { StackToken } from "../token/token.ts";

/** They have nothing to save: a run that they worked for sees that they are gone. */
const STOP_GRACE_SEC = 6;

interface AgentsArgs {
  site: Site;
  settings: Record<AgentRole, AgentSettings>;
  transform?: Transforms<AgentRole> | undefined;
  token: StackToken;
  /** Kafka's password; absent: the brokers ask for none. */
  kafkaPassword?: pulumi.Output<string> | undefined;
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

    const files = this.secretFiles(name);
    const services = [this.agents("producer", files), this.agents("consumer", files)];
    this.ready = pulumi.all(services.map(({ id }) => id)).apply((ids) => ids.join(" "));
    this.registerOutputs({ ready: this.ready });
  }

  /** Secrets are given to tasks by the swarm, over TLS: what the runner sends them crosses the network in clear. */
  private secretFiles(name: string): TaskFile[] {
    const { site, token, kafkaPassword } = this.args;
    if (!kafkaPassword) return [token.file];
    const source = secretFile(`${name}-kafka-password`, kafkaPassword, site, this);
    return [token.file, { path: SECRET_FILES.kafkaPassword, source }];
  }

  private agents(role: AgentRole, files: TaskFile[]) {
    const { site, settings, transform } = this.args;
    const { tasks, limits } = settings[role];
    return service(
      AGENT_SERVICES[role],
      {
        site,
        name: AGENT_SERVICES[role],
        image: site.images.ref("bench"),
        arguments: ["agent", role],
        // Swarm fills them in for each task.
        environment: {
          SWARMBENCH_NODE: "{{.Node.Hostname}}",
          SWARMBENCH_TASK: "{{.Service.Name}}.{{.Task.Slot}}",
        },
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

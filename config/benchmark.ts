// The configuration of agents, workload and benchmark.
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { type AgentCounts, agentNodeErrors } from "../contract/agentNodes.ts";
import { benchmarkErrors } from "../contract/benchmarkErrors.ts";
import { faultTargetErrors } from "../contract/faultPlan.ts";
import { MOST_AGENT_TASKS } from "../contract/hostAgents.ts";
import { tooFewReplicas } from "../contract/topicConfig.ts";
import { cpuCount, memorySize, wholeNumber } from "../contract/units.ts";
import { type Benchmark, benchmarkSchema, type Workload, workloadSchema } from "../contract/workload.ts";
import { defaultReplicas } from "./kafka/defaults.ts";
import type { Role } from "./nodes.ts";
import { type Limits, limitsOf, type ParsedServices } from "./services/index.ts";

const agents = z
  .strictObject({
    tasks: wholeNumber(1, MOST_AGENT_TASKS)
      .prefault(1)
      .describe(
        "Tasks of the service, spread over the nodes of role agent. Each hosts many logical clients on one CPU thread: raise it where steps are `generator-bound`.",
      ),
    cpus: cpuCount.optional().describe("CPU limit of each task, in CPUs."),
    memory: memorySize(128, "an agent").optional().describe("Memory limit of each task, 128 MiB or more."),
  })
  .prefault({});

/** Configuration keys of the benchmark, one object each. */
export const benchSchema = {
  producers: agents.describe("The service whose tasks produce the load."),
  consumers: agents.describe("The service whose tasks consume the messages."),
  workload: workloadSchema.prefault({}).describe("The load of each step."),
  benchmark: benchmarkSchema.prefault({}).describe("How the load is measured."),
};
/** The parsed configuration keys of the benchmark. */
export type ParsedBench = { [K in keyof typeof benchSchema]: z.output<(typeof benchSchema)[K]> };

/** Settings for the deployment of producers or consumers. */
export type AgentSettings = Pick<ParsedBench["producers"], "tasks"> & { limits: Limits };

/** Settings for the deployment and run of the benchmark. */
export interface BenchSettings {
  producers: AgentSettings;
  consumers: AgentSettings;
  /** The workload, with the content of `content.file` read in. */
  workload: Workload;
  benchmark: Benchmark;
}

/** Size limit of the content, which is sent to every agent before every step. */
const MAX_CONTENT_BYTES = 1024 * 1024;

/**
 * Returns the settings of agents, workload and benchmark. Reads the file of `workload.content.file`.
 *
 * @throws Error if the file cannot be read
 */
export function benchSettings({ producers, consumers, workload, benchmark }: ParsedBench): BenchSettings {
  const agentsOf = ({ tasks, ...limits }: ParsedBench["producers"]) => ({ tasks, limits: limitsOf(limits) });
  return {
    producers: agentsOf(producers),
    consumers: agentsOf(consumers),
    workload: { ...workload, content: contentOf(workload) },
    benchmark,
  };
}

/** Reads the content from its file. A relative path starts at the project folder, where Pulumi runs the program. */
function contentOf({ content }: Workload): Workload["content"] {
  if (typeof content === "string" || !("file" in content)) return content;
  return { base64: readFileSync(content.file).toString("base64") };
}

/** Returns errors that involve several options, as lines of `path: what is wrong`. */
export function benchErrors(
  parsed: Partial<ParsedBench & ParsedServices>,
  nodes: readonly { role: Role }[],
): string[] {
  const { workload, benchmark, kafka } = parsed;
  if (!workload || !benchmark || kafka?.enabled === false) return [];
  return [
    ...benchmarkErrors(workload, benchmark),
    ...contentErrors(workload),
    ...nodeErrors(parsed, workload, benchmark, nodes),
    ...replicationErrors(workload, kafka?.brokers ?? Number.POSITIVE_INFINITY),
    ...(kafka ? inSyncErrors(workload, kafka) : []),
    ...(kafka
      ? faultTargetErrors(workload, benchmark, {
          brokers: kafka.brokers,
          defaultReplicas: defaultReplicas(kafka.brokers, kafka.config),
        })
      : []),
  ].map((error) => `swarmbench:${error}`);
}

function replicationErrors({ replicationFactor = 0 }: Workload, brokers: number): string[] {
  if (replicationFactor <= brokers) return [];
  return [
    `workload.replicationFactor: ${replicationFactor} replicas need ${replicationFactor} brokers, but kafka.brokers is ${brokers}; lower it, or raise kafka.brokers`,
  ];
}

/** A topic without a number of replicas of its own has the cluster's default. */
function inSyncErrors(
  { topicConfig, replicationFactor }: Workload,
  { brokers, config }: ParsedServices["kafka"],
) {
  const inSync = Number(topicConfig["min.insync.replicas"] ?? 0);
  const replicas = defaultReplicas(brokers, config);
  if (replicationFactor !== undefined || !(inSync > replicas)) return [];
  return [`workload.topicConfig.min.insync.replicas: ${tooFewReplicas(inSync, replicas)}`];
}

function contentErrors({ content }: Workload): string[] {
  if (typeof content === "string" || !("file" in content)) return [];
  try {
    const stat = statSync(content.file);
    // Reading a pipe or a device might never end.
    if (!stat.isFile()) return [`workload.content.file: ${content.file} is not a regular file; choose one`];
    if (stat.size === 0 || stat.size > MAX_CONTENT_BYTES) {
      return [
        `workload.content.file: ${content.file} has ${stat.size} bytes; expected 1 to ${MAX_CONTENT_BYTES}`,
      ];
    }
    accessSync(content.file, constants.R_OK);
    return [];
  } catch (error) {
    return [
      `workload.content.file: ${(error as Error).message}; expected a file that can be read, relative to the project folder`,
    ];
  }
}

/** Agents run on nodes of role agent, or on the manager if there is none. */
function nodeErrors(
  { producers, consumers }: Partial<ParsedBench>,
  workload: Workload,
  benchmark: Benchmark,
  nodes: readonly { role: Role }[],
): string[] {
  if (nodes.length === 0 || !producers || !consumers) return [];
  const agents: AgentCounts = {
    nodes: Math.max(1, nodes.filter(({ role }) => role === "agent").length),
    producers: producers.tasks,
    consumers: consumers.tasks,
  };
  return agentNodeErrors(workload, benchmark, agents);
}

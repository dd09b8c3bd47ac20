// The configuration of agents, workload and benchmark.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { benchmarkErrors } from "../contract/benchmarkErrors.ts";
import { cpuCount, memorySize, wholeNumber } from "../contract/units.ts";
import { type Benchmark, benchmarkSchema, type Workload, workloadSchema } from "../contract/workload.ts";
import type { Role } from "./nodes.ts";
import { type Limits, limitsOf, type ParsedServices } from "./services/index.ts";

const agents = z
  .strictObject({
    tasks: wholeNumber(1, 200)
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
    ...nodeErrors(workload, benchmark, nodes),
    ...replicationErrors(workload, kafka?.brokers ?? Number.POSITIVE_INFINITY),
  ].map((error) => `swarmbench:${error}`);
}

function replicationErrors({ replicationFactor = 0 }: Workload, brokers: number): string[] {
  if (replicationFactor <= brokers) return [];
  return [
    `workload.replicationFactor: ${replicationFactor} replicas need ${replicationFactor} brokers, but kafka.brokers is ${brokers}`,
  ];
}

function contentErrors({ content }: Workload): string[] {
  if (typeof content === "string" || !("file" in content)) return [];
  try {
    const { length } = readFileSync(content.file);
    if (length > 0 && length <= MAX_CONTENT_BYTES) return [];
    return [`workload.content.file: ${content.file} has ${length} bytes; expected 1 to ${MAX_CONTENT_BYTES}`];
  } catch (error) {
    return [`workload.content.file: ${(error as Error).message}`];
  }
}

/** Agents run on nodes of role agent, or on the manager if there is none. */
function nodeErrors(workload: Workload, { sweep }: Benchmark, nodes: readonly { role: Role }[]): string[] {
  if (nodes.length === 0) return [];
  const available = Math.max(1, nodes.filter(({ role }) => role === "agent").length);
  const requested = {
    "workload.nodes": workload.nodes ?? 0,
    "benchmark.sweep.nodes": Math.max(0, ...(sweep?.nodes ?? []).map(Number)),
  };
  return Object.entries(requested)
    .filter(([, count]) => count > available)
    .map(
      ([path, count]) =>
        `${path}: ${count} nodes requested, but agents run on ${available}; raise swarmbench:nodes, or give more nodes the role agent (testbed.perNode)`,
    );
}

// Agents, workload and benchmark, as the configuration has them.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { benchmarkErrors } from "../contract/benchmarkErrors.ts";
import { cpuCount, memorySize, wholeNumber } from "../contract/units.ts";
import { type Benchmark, benchmarkSchema, type Workload, workloadSchema } from "../contract/workload.ts";
import type { Role } from "./nodes.ts";
import { type Limits, limitsOf, type ParsedParts } from "./services/index.ts";

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
  consumers: agents.describe("The service whose tasks consume what was produced."),
  workload: workloadSchema.prefault({}).describe("The load of a step."),
  benchmark: benchmarkSchema.prefault({}).describe("How the load is measured."),
};
export type ParsedBench = { [K in keyof typeof benchSchema]: z.output<(typeof benchSchema)[K]> };

/** What the components need to deploy producers or consumers. */
export type AgentSettings = Pick<ParsedBench["producers"], "tasks"> & { limits: Limits };

/** What the components need to deploy and run the benchmark. */
export interface BenchSettings {
  producers: AgentSettings;
  consumers: AgentSettings;
  /** Its content is here, where it comes from a file. */
  workload: Workload;
  benchmark: Benchmark;
}

/** Limit of the content, which every agent gets at the preparation of every step. */
const MAX_CONTENT_BYTES = 1024 * 1024;

/**
 * The settings of agents, workload and benchmark. Reads the file of `workload.content.file`.
 *
 * @throws Error where the file cannot be read
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

/** The file's path is relative to the project's folder, where Pulumi runs the program. */
function contentOf({ content }: Workload): Workload["content"] {
  if (typeof content === "string" || !("file" in content)) return content;
  return { base64: readFileSync(content.file).toString("base64") };
}

/** What is wrong beyond the form of each option, a line of `path: what is wrong` each. */
export function benchErrors(
  parsed: Partial<ParsedBench & ParsedParts>,
  nodes: readonly { role: Role }[],
): string[] {
  const { workload, benchmark, kafka } = parsed;
  if (!workload || !benchmark || kafka?.enabled === false) return [];
  return [
    ...benchmarkErrors(workload, benchmark),
    ...contentErrors(workload),
    ...nodeErrors(workload, benchmark, nodes),
    ...(kafka && (workload.replicationFactor ?? 0) > kafka.brokers
      ? [
          `workload.replicationFactor: ${workload.replicationFactor} replicas need as many brokers, and kafka.brokers is ${kafka.brokers}`,
        ]
      : []),
  ].map((error) => `swarmbench:${error}`);
}

function contentErrors({ content }: Workload): string[] {
  if (typeof content === "string" || !("file" in content)) return [];
  try {
    const { length } = readFileSync(content.file);
    if (length > 0 && length <= MAX_CONTENT_BYTES) return [];
    return [
      `workload.content.file: ${content.file} has ${length} bytes; from 1 to ${MAX_CONTENT_BYTES} are allowed`,
    ];
  } catch (error) {
    return [`workload.content.file: ${(error as Error).message}`];
  }
}

/** Agents are on nodes of their role; where there is none, on the manager. */
function nodeErrors(workload: Workload, { sweep }: Benchmark, nodes: readonly { role: Role }[]): string[] {
  if (nodes.length === 0) return [];
  const there = Math.max(1, nodes.filter(({ role }) => role === "agent").length);
  const message = (path: string, wanted: number) =>
    `${path}: ${wanted} nodes are wanted, and agents run on ${there}; raise swarmbench:nodes, or give more of them the role agent (testbed.perNode)`;
  const most = Math.max(0, ...(sweep?.nodes ?? []).map(Number));
  return [
    ...((workload.nodes ?? 0) > there ? [message("workload.nodes", workload.nodes ?? 0)] : []),
    ...(most > there ? [message("benchmark.sweep.nodes", most)] : []),
  ];
}

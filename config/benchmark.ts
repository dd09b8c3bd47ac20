// Agents, workload and benchmark, as the configuration has them.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { benchmarkMistakes } from "../contract/benchmarkMistakes.ts";
import { cpuCount, memorySize, wholeNumber } from "../contract/units.ts";
import { type Benchmark, benchmarkSchema, type Workload, workloadSchema } from "../contract/workload.ts";
import type { Role } from "./nodes.ts";
import { type Limits, limitsOf, type ParsedParts } from "./services.ts";

const agents = z.strictObject({
  /** Tasks of the service, spread over the nodes of role agent. */
  tasks: wholeNumber(1, 200).prefault(1),
  cpus: cpuCount.optional(),
  memory: memorySize(128, "an agent").optional(),
});

/** Configuration keys of the benchmark, one object each. */
export const benchSchema = {
  producers: agents,
  consumers: agents,
  workload: workloadSchema,
  benchmark: benchmarkSchema,
};
export type ParsedBench = { [K in keyof typeof benchSchema]: z.output<(typeof benchSchema)[K]> };

export const benchDefaults: Record<keyof typeof benchSchema, unknown> = {
  producers: {},
  consumers: {},
  workload: {},
  benchmark: {},
};

export interface AgentSettings {
  tasks: number;
  limits: Limits;
}

export interface BenchSettings {
  producers: AgentSettings;
  consumers: AgentSettings;
  /** Its content is here, where it comes from a file. */
  workload: Workload;
  benchmark: Benchmark;
}

/** What goes to every agent in every step's preparation. */
const MAX_CONTENT_BYTES = 1024 * 1024;

export function benchSettings({ producers, consumers, workload, benchmark }: ParsedBench): BenchSettings {
  const agentsOf = ({ tasks, ...limits }: ParsedBench["producers"]) => ({ tasks, limits: limitsOf(limits) });
  return {
    producers: agentsOf(producers),
    consumers: agentsOf(consumers),
    workload: { ...workload, content: contentOf(workload) },
    benchmark,
  };
}

/** Relative to the project's folder, where Pulumi runs the program. */
function contentOf({ content }: Workload): Workload["content"] {
  if (typeof content === "string" || !("file" in content)) return content;
  return { base64: readFileSync(content.file).toString("base64") };
}

/** What is wrong beyond the form of each setting, a line of `path: what is wrong` each. */
export function benchMistakes(
  parsed: Partial<ParsedBench & ParsedParts>,
  nodes: readonly { role: Role }[],
): string[] {
  const { workload, benchmark, kafka } = parsed;
  if (!workload || !benchmark || kafka?.enabled === false) return [];
  return [
    ...benchmarkMistakes(workload, benchmark),
    ...contentMistakes(workload),
    ...nodeMistakes(workload, benchmark, nodes),
    ...(kafka && (workload.replicationFactor ?? 0) > kafka.brokers
      ? [
          `workload.replicationFactor: ${workload.replicationFactor} replicas need as many brokers, and kafka.brokers is ${kafka.brokers}`,
        ]
      : []),
  ].map((mistake) => `swarmbench:${mistake}`);
}

function contentMistakes({ content }: Workload): string[] {
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
function nodeMistakes(workload: Workload, { sweep }: Benchmark, nodes: readonly { role: Role }[]): string[] {
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

// Checks the number of agent nodes (`nodes`) that steps ask for.
import { MOST_STEPS, plannedCount } from "./runLength.ts";
import { sweepSteps } from "./sweepSteps.ts";
import type { Benchmark, StepValues, Workload } from "./workload.ts";

/** Number of nodes that agents run on, and of tasks of each service. Swarm spreads the tasks of a service evenly. */
export interface AgentCounts {
  nodes: number;
  producers: number;
  consumers: number;
}

/** Returns the errors of steps that choose a number of agent nodes, as lines of `path: what is wrong`. */
export function agentNodeErrors(workload: Workload, benchmark: Benchmark, agents: AgentCounts): string[] {
  const requested = {
    "workload.nodes": workload.nodes ?? 0,
    "benchmark.sweep.nodes": Math.max(0, ...(benchmark.sweep?.nodes ?? []).map(Number)),
  };
  const errors = Object.entries(requested)
    .filter(([, count]) => count > 0)
    .flatMap(([path, count]) => [...tooFewNodes(path, count, agents), ...tooFewTasks(path, agents)]);
  return errors.length > 0 ? errors : tooFewProducers(workload, benchmark);
}

function tooFewNodes(path: string, count: number, { nodes }: AgentCounts): string[] {
  if (count <= nodes) return [];
  return [
    `${path}: ${count} nodes requested, but agents run on ${nodes}; raise swarmbench:nodes, or give more nodes the role agent (testbed.perNode)`,
  ];
}

/** A step on n nodes uses the tasks on the first n, so both services need a task on every node. */
function tooFewTasks(path: string, agents: AgentCounts): string[] {
  return (["producers", "consumers"] as const)
    .filter((service) => agents[service] < agents.nodes)
    .map(
      (service) =>
        `${path}: the ${service} have ${agents[service]} tasks for ${agents.nodes} agent nodes, so some nodes would run none; set ${service}.tasks to ${agents.nodes} or more`,
    );
}

/** A node needs at least one logical producer to take part in a step. */
function tooFewProducers(workload: Workload, { search, ...benchmark }: Benchmark): string[] {
  if (plannedCount({ ...benchmark, search }) > MOST_STEPS) return [];
  const steps: StepValues[] = sweepSteps({ ...benchmark, search });
  if (search) steps.push({ [search.variable]: search.from });
  for (const values of steps) {
    const producers = Number(values.producers ?? workload.producers);
    const nodes = Number(values.nodes ?? workload.nodes ?? 0);
    if (producers >= nodes) continue;
    const path = values.nodes === undefined ? "workload.nodes" : "benchmark.sweep.nodes";
    return [
      `${path}: ${producers} producers cannot run on ${nodes} nodes; raise producers, or lower the number of nodes`,
    ];
  }
  return [];
}

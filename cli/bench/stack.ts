import { stackNotUp, stackOutputs } from "../lib/stackOutputs.ts";

/** What the benchmark and the calibration read from the outputs of a stack with Kafka. */
export interface BenchOutputs {
  benchPlan: unknown;
  /** Address of the testbed's image registry. */
  registry: string;
  /**
   * `ssh`: a shell command line that reaches the node; `sudo`: prefix of commands as root; `container`: that of a local node. The
   * manager is the first.
   */
  nodes: { name: string; hostname: string; ssh: string; sudo: string; container?: string }[];
  /** Missing on stacks that an earlier version brought up. */
  proxyImage?: string;
}

/** The outputs of a stack with Kafka. @throws SwarmbenchError when the stack is not up, or has no Kafka */
export async function benchOutputs(scenario: string): Promise<BenchOutputs> {
  const { benchPlan, registry = "", nodes = [], proxyImage } = await stackOutputs<BenchOutputs>(scenario);
  if (benchPlan === undefined) throw stackNotUp(scenario, { needed: ", or has no Kafka" });
  return { benchPlan, registry, nodes, proxyImage };
}

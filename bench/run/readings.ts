// Readings of all resources that a step may saturate, taken at the start and the end of its measured time.
import type { BenchTarget } from "../../contract/request.ts";
import { type BrokerCounters, type ReadMbeans, readBrokerCounters } from "../kafka/brokerCounters.ts";
import { readJolokia } from "../kafka/metrics.ts";
import { ownCpuSec } from "../probe/kernel.ts";
import type { MachineCounters } from "../probe/protocol.ts";
import type { CpuReading } from "./brokerCpu.ts";
import type { NodeProbe } from "./probes.ts";

/** The counters of a node's machine, as its probe reads them. */
export interface NodeCounters {
  node: string;
  /** The kernel's boot id. */
  machine: string;
  counters: MachineCounters;
}

/** The counters of all brokers and machines at about one time. */
export interface Readings {
  /** Time of the reading, ms of `performance.now()`. */
  atMs: number;
  /** In the order of the target's brokers; undefined for a broker that did not answer. */
  brokers: (BrokerCounters | undefined)[];
  nodes: NodeCounters[];
  /** CPU time that the runner has used, s. */
  runnerCpuSec: number;
}

/** Asks every broker and every probe once. One that does not answer must not end the measurement: its counters are missing. */
export async function takeReadings(
  brokers: BenchTarget["brokerMetrics"],
  probes: readonly Pick<NodeProbe, "node" | "machine" | "client">[],
  read: ReadMbeans = readJolokia,
): Promise<Readings> {
  const runner = { atMs: performance.now(), runnerCpuSec: ownCpuSec() };
  const [brokerCounters, nodeCounters] = await Promise.all([
    Promise.all(brokers.map(({ jolokiaUrl }) => readBrokerCounters(jolokiaUrl, read).catch(() => undefined))),
    Promise.all(
      probes.map(({ node, machine, client }) =>
        client.counters().then(
          (counters) => ({ node, machine, counters }),
          () => undefined,
        ),
      ),
    ),
  ]);
  return {
    ...runner,
    brokers: brokerCounters,
    nodes: nodeCounters.filter((each) => each !== undefined),
  };
}

/** The CPU time of all brokers together; undefined if one did not answer, since the sum would be wrong. */
export function cpuReading({ brokers }: Readings): CpuReading | undefined {
  const answers = brokers.filter((broker) => broker !== undefined);
  const seconds = answers.map(({ cpuSec }) => cpuSec).filter((value) => value !== null);
  if (brokers.length === 0 || seconds.length < brokers.length) return undefined;
  const jitSec = answers.map(({ jitSec: value }) => value).filter((value) => value !== null);
  return {
    atMs: answers.reduce((sum, { atMs }) => sum + atMs, 0) / answers.length,
    seconds: seconds.reduce((sum, value) => sum + value, 0),
    jitSec: jitSec.length === brokers.length ? jitSec : undefined,
  };
}

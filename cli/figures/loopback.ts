// The yardstick (cli/figures/yardstick) on a Kafka process of this machine, without Docker.
import { ensureTopic } from "../../bench/kafka/topics.ts";
import { eventually } from "../../test/support/eventually.ts";
import { KafkaCluster } from "../../test/support/kafkaCluster.ts";
import { parsedYardstick, type Sample } from "../calibrate/independent.ts";
import { run as runProgram } from "../lib/run.ts";
import { ensureKafkaJars } from "../setup/kafkaJars.ts";
import { ensureYardstick } from "../setup/yardstick.ts";

const PARTITIONS = 12;

/** A load of the yardstick. */
export interface YardstickLoad {
  topic: string;
  producers: number;
  /** Messages per second of all producers together. */
  rate: number;
  messageBytes: number;
  warmSec: number;
  measureSec: number;
}

/** Starts a broker on the loopback interface, and stops it after the work. @param work gets its address */
export async function withLoopbackBroker<T>(work: (cluster: KafkaCluster) => Promise<T>): Promise<T> {
  const cluster = await KafkaCluster.start({ jars: await ensureKafkaJars(), brokers: 1 });
  try {
    const wanted = { topic: "ready", partitions: 1, config: {} };
    await eventually(async () => void (await ensureTopic(cluster.target, wanted)));
    return await work(cluster);
  } finally {
    await cluster.dispose();
  }
}

/** One measurement of the yardstick, with `acks` 1. @param bootstrap address of a broker */
export async function yardstickOn(bootstrap: string, load: YardstickLoad): Promise<Sample> {
  const flags: Record<string, string | number> = {
    mode: "e2e",
    brokers: bootstrap,
    topic: load.topic,
    parts: PARTITIONS,
    n: load.producers,
    rate: load.rate,
    size: load.messageBytes,
    acks: 1,
    warm: load.warmSec,
    dur: load.measureSec,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`-${name}`, String(value)]);
  return parsedYardstick(await runProgram(await ensureYardstick(), args), load.measureSec);
}

// Why an idempotent producer of kafkajs 2.2.4 can lose a message that it reports as sent: see docs/faults.md.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";

interface Message {
  partition: number;
  value: string;
}
interface Batch {
  firstSequence: number;
  messages: Message[];
}
interface Request {
  topicData: { topic: string; partitions: Batch[] }[];
}
type Send = (order: {
  acks: number;
  topicMessages: { topic: string; messages: Message[] }[];
}) => Promise<unknown>;

const require = createRequire(import.meta.url);
const { KafkaJSConnectionClosedError } = require("kafkajs");
const logger = { debug: () => {}, error: () => {}, warn: () => {}, info: () => {} };

/** A partition's leader with Kafka's rules for sequence numbers: a known one is not appended again, but acknowledged. */
class Leader {
  readonly nodeId = 1;
  readonly log: string[] = [];
  private readonly known = new Set<number>();
  private loseAnswer: boolean;

  constructor(loseFirstAnswer: boolean) {
    this.loseAnswer = loseFirstAnswer;
  }

  async initProducerId(): Promise<object> {
    return { producerId: 7, producerEpoch: 0 };
  }

  async produce({ topicData }: Request): Promise<object> {
    const [batch] = topicData[0]?.partitions ?? [];
    assert.ok(batch);
    if (!this.known.has(batch.firstSequence)) this.log.push(...batch.messages.map(({ value }) => value));
    this.known.add(batch.firstSequence);
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new KafkaJSConnectionClosedError("Closed connection", { host: "broker", port: 9092 });
    }
    return { topics: [{ topicName: "t", partitions: [{ partition: 0, errorCode: 0 }] }] };
  }
}

/** kafkajs' own code for sending, above a leader that takes the place of its connections. */
async function idempotentSend(leader: Leader): Promise<Send> {
  const cluster = {
    retry: { initialRetryTime: 1, retries: 3 },
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => {},
    addMultipleTargetTopics: async () => {},
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 1 }],
    findLeaderForPartitions: () => ({ 1: [0] }),
    findBroker: async () => leader,
    findControllerBroker: async () => leader,
    isConnected: () => true,
    removeBroker: () => {},
  };
  const eosManager = require("kafkajs/src/producer/eosManager")({ logger, cluster });
  await eosManager.initProducerId();
  const retrier = require("kafkajs/src/retry")(cluster.retry);
  const partitioner = () => 0;
  return require("kafkajs/src/producer/sendMessages")({ logger, cluster, partitioner, eosManager, retrier });
}

const message = (value: string) => ({
  acks: -1,
  topicMessages: [{ topic: "t", messages: [{ partition: 0, value }] }],
});

describe("kafkajs' idempotent producer, if the answer of an appended message is lost", () => {
  it("keeps every message once if no other one is sent meanwhile", async () => {
    const leader = new Leader(true);
    const send = await idempotentSend(leader);
    await send(message("a"));
    await send(message("b"));
    assert.deepEqual(leader.log, ["a", "b"]);
  });

  it("gives its sequence number to the next message: that one is acknowledged and missing, the first is there twice", async () => {
    const leader = new Leader(true);
    const send = await idempotentSend(leader);
    await Promise.all([send(message("a")), send(message("b"))]);
    assert.deepEqual(leader.log, ["a", "a"]);
  });
});

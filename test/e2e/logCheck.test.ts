// The log check on a real Kafka of this machine: whatever was done to the messages is found exactly.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Admin, type Kafka, Partitioners } from "kafkajs";
import type { ProducerTotals } from "../../bench/agent/protocol.ts";
import { failFastClient } from "../../bench/clients/clientConfig.ts";
import { ensureTopic } from "../../bench/kafka/topics.ts";
import { runMark, writeStamp } from "../../bench/load/message.ts";
import { randomOf } from "../../bench/load/random.ts";
import { Bitmap } from "../../bench/measure/bitmap.ts";
import { checkLog } from "../../bench/run/logCheck.ts";
import { KAFKA_CLIENTS, nodeError } from "../../contract/clients.ts";
import { MESSAGE_HEADER_BYTES } from "../../contract/workload.ts";
import { ensureKafkaJars } from "../../offline/kafkaJars.ts";
import { eventually } from "../support/eventually.ts";
import { KafkaCluster } from "../support/kafkaCluster.ts";

const RUN = "20260101T000000Z-check-abcdef";
const [PRODUCERS, PARTITIONS, MESSAGES] = [4, 3, 150];
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

interface Message {
  producer: number;
  sequence: number;
}
const keyOf = ({ producer, sequence }: Message) => `${producer}:${sequence}`;

function bits(numbers: readonly number[]): string {
  const bitmap = new Bitmap();
  for (const number of numbers) bitmap.set(number);
  return bitmap.encode();
}

/** What producers recorded, and the log that Kafka is given. `damage`: the share of the messages that something is done to. */
function schedule(seed: number, damage: number) {
  const random = randomOf(seed, 1);
  const log: Message[][] = upTo(PARTITIONS).map(() => []);
  const records = upTo(PRODUCERS).map(() => ({ acked: [] as number[], failed: [] as number[] }));
  for (const index of upTo(PRODUCERS * MESSAGES)) {
    const message = { producer: index % PRODUCERS, sequence: Math.floor(index / PRODUCERS) };
    const messages = log[Math.floor(random() * PARTITIONS)] as Message[];
    const { acked, failed } = records[message.producer] as (typeof records)[number];
    const act = random() < damage ? Math.floor(random() * 5) : -1;
    if (act !== 4) acked.push(message.sequence);
    else if (random() < 0.5) failed.push(message.sequence);
    if (act === 0) continue; // removed
    messages.push(message);
    if (act === 1) messages.push(message); // duplicated
    if (act === 2 || act === 3)
      messages.splice(Math.floor(random() * messages.length), 0, ...messages.splice(-1)); // moved
  }
  const deleted = upTo(PARTITIONS).map((partition) =>
    damage > 0 ? Math.floor((random() * (log[partition] as Message[]).length) / 3) : 0,
  );
  return { log, records, deleted };
}

function totalsOf(records: ReturnType<typeof schedule>["records"]): ProducerTotals {
  const producers = records.map(({ acked, failed }, producer) => ({
    ...{ producer, window: { from: 0, to: 0 }, sent: 0, late: 0, unsent: 0 },
    ...{ acked: bits(acked), failed: bits(failed), sentTo: MESSAGES },
  }));
  return { role: "producer", producers, errors: {}, ack: "", lag: "", sameNode: null, clocks: [] };
}

/** What the check must find, from plain sets and lists. */
function expectedOf({ log, records, deleted }: ReturnType<typeof schedule>) {
  const left = log.map((messages, partition) => messages.slice(deleted[partition]));
  const present = new Set(left.flat().map(keyOf));
  const acked = new Set(
    records.flatMap((each, producer) => each.acked.map((sequence) => `${producer}:${sequence}`)),
  );
  let reordered = 0;
  for (const messages of left) {
    const latest = new Map<number, number>();
    const seen = new Set<string>();
    for (const message of messages) {
      if (seen.has(keyOf(message))) continue;
      seen.add(keyOf(message));
      const before = latest.get(message.producer) ?? -1;
      if (message.sequence < before) reordered += 1;
      latest.set(message.producer, Math.max(before, message.sequence));
    }
  }
  return {
    sent: PRODUCERS * MESSAGES,
    acked: acked.size,
    failed: records.flatMap(({ failed }) => failed).length,
    present: present.size,
    missing: [...acked].filter((key) => !present.has(key)).length,
    unacked: [...present].filter((key) => !acked.has(key)).length,
    duplicated: left.flat().length - present.size,
    reordered,
    unrecorded: 0,
    foreign: 0,
    deleted: deleted.reduce((sum, count) => sum + count, 0),
  };
}

describe("the log check on a real Kafka", () => {
  let cluster: KafkaCluster;
  let kafka: Kafka;
  let admin: Admin;
  before(async () => {
    cluster = await KafkaCluster.start({ jars: await ensureKafkaJars(), brokers: 1 });
    kafka = failFastClient(cluster.target);
    admin = kafka.admin();
    await eventually(() => admin.connect());
  });
  after(async () => {
    await admin?.disconnect();
    await cluster?.dispose();
  });

  async function write(topic: string, step: number, log: readonly Message[][]): Promise<void> {
    // If one partition refuses its batch, kafkajs sends those of all partitions again: idempotence keeps the log as planned.
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const run = runMark(RUN);
    const messages = log.flatMap((own, partition) =>
      own.map((message) => {
        const value = Buffer.alloc(MESSAGE_HEADER_BYTES);
        writeStamp(value, { run, step, ...message, intendedUs: 0, sentUs: 0 });
        return { partition, value };
      }),
    );
    await producer.send({ topic, acks: -1, messages });
    await producer.disconnect();
  }

  async function check(seed: number, damage: number, client: (typeof KAFKA_CLIENTS)[number]) {
    const name = `check-${client}-${seed}-${damage}`;
    const scene = schedule(seed, damage);
    const topic = await ensureTopic(cluster.target, { topic: name, partitions: PARTITIONS, config: {} });
    await write(name, seed, scene.log);
    const partitions = scene.deleted.flatMap((count, partition) =>
      count > 0 ? [{ partition, offset: String(count) }] : [],
    );
    const written = await admin.fetchTopicOffsets(name); // deleteTopicRecords needs the metadata that this loads
    for (const { partition, high } of written)
      assert.equal(Number(high), scene.log[partition]?.length, `partition ${partition} is not as planned`);
    if (partitions.length > 0) await admin.deleteTopicRecords({ topic: name, partitions });
    const result = await checkLog({
      run: RUN,
      step: seed,
      prefix: `${client}${damage}-`,
      target: cluster.target,
      workload: { client, producers: PRODUCERS, rate: MESSAGES / 60, arrival: "constant" },
      seed,
      load: { startUs: 0, endUs: 60e6 },
      topic: { name, ...topic },
      produced: [totalsOf(scene.records)],
      signal: new AbortController().signal,
      progress: () => {},
    });
    assert.ok(!("error" in result), JSON.stringify(result));
    return { result, expected: expectedOf(scene) };
  }

  it("finds exactly what was removed, duplicated, moved, not acknowledged and deleted, in ten random schedules", async () => {
    for (const seed of upTo(10)) {
      const { result, expected } = await check(seed, 0.2, "kafkajs");
      assert.ok(expected.missing > 0 && expected.duplicated > 0 && expected.deleted > 0);
      const { unanswered, producers, producersLeftOut, partitions, partitionsLeftOut, ...others } = result;
      const { bySecond = [], bySecondLeftOut, seconds, ...counts } = others;
      assert.deepEqual(counts, expected, `schedule ${seed}`);
      assert.equal(
        producers.reduce((sum, { missing }) => sum + missing, 0),
        expected.missing,
      );
      assert.equal(
        partitions.reduce((sum, { duplicated }) => sum + duplicated, 0),
        expected.duplicated,
      );
      assert.equal(
        bySecond.reduce((sum, { missing }) => sum + missing, 0),
        expected.missing,
      );
    }
  });

  // On a stack, whose images have a later Node.js, both clients read the log: test/support/benchmarkClaims.ts.
  it("raises no false alarm on a clean log, with each client that this Node.js runs", async () => {
    for (const client of KAFKA_CLIENTS.filter((name) => nodeError(name) === undefined)) {
      const { result, expected } = await check(11, 0, client);
      assert.deepEqual([result.producers, result.partitions], [[], []]);
      assert.equal(result.present, expected.sent);
    }
  });
});

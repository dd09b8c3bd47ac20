// The same tests for both Kafka clients, through their common interface, against real Kafka processes on this machine.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { errorKind } from "../../bench/clients/errorKind.ts";
import { adapterOf } from "../../bench/clients/index.ts";
import type {
  ClientAdapter,
  ConsumerPort,
  OutgoingMessage,
  ProducerOptions,
} from "../../bench/clients/port.ts";
import { ensureTopic, removeTopics } from "../../bench/kafka/topics.ts";
import { KAFKA_CLIENTS, nodeError } from "../../contract/clients.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { ensureKafkaJars } from "../../offline/kafkaJars.ts";
import { eventually } from "../support/eventually.ts";
import { KafkaCluster } from "../support/kafkaCluster.ts";

const PARTITIONS = 4;
const fetch = { minBytes: 1, maxWaitMs: 500, maxBytes: 50 * 1024 * 1024 };
const plain = { acks: "all", idempotent: false, compression: "none" } as const;
const texts = (prefix: string, count: number): OutgoingMessage[] =>
  Array.from({ length: count }, (_, index) => ({ value: Buffer.from(`${prefix} ${index}`) }));

let cluster: KafkaCluster;
before(async () => {
  cluster = await KafkaCluster.start({ jars: await ensureKafkaJars(), brokers: 1, secure: true });
  const wanted = { topic: "ready", partitions: 1, config: {} };
  await eventually(async () => void (await ensureTopic(cluster.target, wanted)));
});
after(() => cluster?.dispose());

async function newTopic(config: Record<string, string> = {}): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await ensureTopic(cluster.target, { topic, partitions: PARTITIONS, config });
  return topic;
}

interface Received {
  partition: number;
  value: Buffer;
  receivedUs: number;
}

/** A consumer with everything that it received. */
async function consume(
  client: ClientAdapter,
  topic: string,
  group: string = randomUUID(),
  startOffsets = {},
) {
  const received: Received[] = [];
  const port = await client.connectConsumer(
    cluster.target,
    "consumer",
    { topic, group, fetch, startOffsets },
    () => performance.now() * 1_000,
    ({ partition, values, receivedUs }) => {
      received.push(...values.map((value) => ({ partition, value: Buffer.from(value), receivedUs })));
    },
  );
  return { port, received };
}

async function send(
  client: ClientAdapter,
  topic: string,
  messages: OutgoingMessage[],
  how: Partial<ProducerOptions> = {},
) {
  const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain, ...how });
  await Promise.all(messages.map((message) => producer.send([message])));
  await producer.close();
}

const sorted = (received: Received[]) => received.map(({ value }) => value.toString()).sort();
const expected = (messages: OutgoingMessage[]) => messages.map(({ value }) => value.toString()).sort();

for (const name of KAFKA_CLIENTS) {
  describe(`the client ${name}, with TLS and a password`, { skip: nodeError(name) }, () => {
    let client: ClientAdapter;
    before(async () => {
      client = await adapterOf(name);
    });

    it("delivers every acknowledged message once, in order within a partition", async () => {
      const topic = await newTopic();
      const { port, received } = await consume(client, topic);
      const messages = texts("message", 500);
      const producer = await client.connectProducer(cluster.target, "producer", {
        topic,
        ...plain,
        idempotent: true,
      });
      for (const message of messages) await producer.send([message]);
      await eventually(() => assert.equal(received.length, 500));
      assert.deepEqual(sorted(received), expected(messages));
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const numbers = received
          .filter((each) => each.partition === partition)
          .map(({ value }) => Number(value.toString().split(" ")[1]));
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        );
        assert.ok(numbers.length > 0, "messages without a key go to all partitions");
      }
      await Promise.all([producer.close(), port.close()]);
    });

    it("sends a batch in one request", async () => {
      const topic = await newTopic();
      const { port, received } = await consume(client, topic);
      const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain });
      await producer.send(texts("batch", 50));
      await eventually(() => assert.equal(received.length, 50));
      await Promise.all([producer.close(), port.close()]);
    });

    for (const compression of name === "kafkajs"
      ? (["gzip"] as const)
      : (["gzip", "snappy", "lz4"] as const)) {
      it(`compresses with ${compression}`, async () => {
        const topic = await newTopic();
        const { port, received } = await consume(client, topic);
        const messages = [{ value: Buffer.alloc(10_000, "compressible ") }];
        await send(client, topic, messages, { compression });
        await eventually(() => assert.deepEqual(sorted(received), expected(messages)));
        await port.close();
      });
    }

    for (const acks of [0, 1, "all"] as const) {
      it(`delivers with acks ${acks}`, async () => {
        const topic = await newTopic();
        const { port, received } = await consume(client, topic);
        await send(client, topic, texts("acks", 20), { acks });
        await eventually(() => assert.equal(received.length, 20));
        await port.close();
      });
    }

    it("says which partitions acknowledged a batch, and none with acks 0", async () => {
      const topic = await newTopic();
      const { port, received } = await consume(client, topic);
      for (const acks of [0, 1, "all"] as const) {
        const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain, acks });
        for (const size of [1, 10]) {
          const earlier = received.length;
          const partitions = await producer.send(texts(`acks ${acks}`, size));
          await eventually(() => assert.equal(received.length, earlier + size));
          const written = new Set(received.slice(earlier).map(({ partition }) => partition));
          assert.deepEqual([...partitions].sort(), acks === 0 ? [] : [...written].sort());
        }
        await producer.close();
      }
      await port.close();
    });

    it("delivers a message of one megabyte", async () => {
      const topic = await newTopic({ "max.message.bytes": "2000000" });
      const { port, received } = await consume(client, topic);
      await send(client, topic, [{ value: Buffer.alloc(1_000_000, 7) }]);
      await eventually(() => assert.equal(received[0]?.value.length, 1_000_000));
      await port.close();
    });

    it("starts at the given offset, or at the beginning", async () => {
      const topic = await newTopic();
      await send(client, topic, texts("before", 40));
      const wanted = { topic, partitions: PARTITIONS, config: {} };
      const { startOffsets } = await ensureTopic(cluster.target, wanted);
      const late = await consume(client, topic, randomUUID(), startOffsets);
      const early = await consume(client, topic);
      await send(client, topic, texts("after", 40));
      await eventually(() => assert.equal(early.received.length, 80));
      await eventually(() =>
        assert.deepEqual(
          sorted(late.received).filter((text) => text.startsWith("after")),
          expected(texts("after", 40)),
        ),
      );
      await Promise.all([late.port.close(), early.port.close()]);
    });

    it("divides the partitions within a group, and delivers everything to every group", async () => {
      const topic = await newTopic();
      const [first, second] = [
        await consume(client, topic, "shared"),
        await consume(client, topic, "shared"),
      ];
      const other = await consume(client, topic, "other");
      const partitions = ({ port }: { port: ConsumerPort }) => port.assigned().length;
      await eventually(() =>
        assert.deepEqual([partitions(first), partitions(second), partitions(other)], [2, 2, 4]),
      );
      await send(client, topic, texts("shared", 100));
      await eventually(() => assert.equal(first.received.length + second.received.length, 100));
      await eventually(() => assert.equal(other.received.length, 100));
      await Promise.all([first, second, other].map(({ port }) => port.close()));
    });

    for (const kept of [false, true]) {
      it(`continues a partition where its previous owner stopped when members join, ${kept ? "in a kept topic" : "in a new topic"}`, async () => {
        const topic = await newTopic();
        const group = randomUUID();
        if (kept) await send(client, topic, texts("before", 40));
        const wanted = { topic, partitions: PARTITIONS, config: {} };
        const { startOffsets } = await ensureTopic(cluster.target, wanted);
        const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain });
        const sent: OutgoingMessage[] = [];
        let sending = true;
        const sender = (async () => {
          while (sending) {
            const message = { value: Buffer.from(`moved ${sent.length}`) };
            await producer.send([message]);
            sent.push(message);
            await delay(4);
          }
        })();
        const members: Awaited<ReturnType<typeof consume>>[] = [];
        try {
          for (let joins = 0; joins < 3; joins += 1) {
            members.push(await consume(client, topic, group, kept ? startOffsets : {}));
            await eventually(() => assert.ok((members[joins]?.received.length ?? 0) > 30));
          }
        } finally {
          sending = false;
          await sender;
        }
        const all = () => members.flatMap(({ received }) => sorted(received));
        await eventually(() => assert.equal(new Set(all()).size, sent.length));
        assert.deepEqual(all().sort(), expected(sent), "each message once");
        for (const [later, { port }] of members.toReversed().entries())
          assert.ok(
            port.joins() > later,
            `joined again with each of ${later} later members: ${port.joins()} joins`,
          );
        await Promise.all([producer, ...members.map(({ port }) => port)].map((each) => each.close()));
      });
    }

    it("commits what it has read when it leaves its group", async () => {
      const topic = await newTopic();
      const group = randomUUID();
      const first = await consume(client, topic, group);
      const before = texts("before", 100);
      await send(client, topic, before);
      await eventually(() => assert.equal(first.received.length, 100));
      await first.port.leave();
      const after = texts("after", 20);
      await send(client, topic, after);
      const second = await consume(client, topic, group);
      await eventually(() => assert.equal(second.received.length, 20));
      assert.deepEqual(sorted(second.received), expected(after));
      assert.equal(first.received.length, 100);
      await second.port.close();
    });

    it("goes on to receive after its broker was away for longer than its retries", async () => {
      const topic = await newTopic();
      const { port, received } = await consume(client, topic);
      await send(client, topic, texts("before", 10));
      await eventually(() => assert.equal(received.length, 10));
      await cluster.stopBroker(1, "SIGKILL");
      await delay(40_000); // the length of the outage
      await cluster.startBroker(1);
      const wanted = { topic: `ready-${randomUUID()}`, partitions: 1, config: {} };
      await eventually(async () => void (await ensureTopic(cluster.target, wanted)));
      const after = texts("after", 10);
      await send(client, topic, after);
      const values = () => new Set(received.map(({ value }) => value.toString()));
      await eventually(() => assert.ok(expected(after).every((text) => values().has(text))), 120_000);
      await port.close();
    });

    it("fails with Kafka's own name of the error", async () => {
      const topic = await newTopic();
      const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain });
      await assert.rejects(producer.send([{ value: Buffer.alloc(1_100_000) }]), (error) => {
        assert.equal(errorKind(error), "MESSAGE_TOO_LARGE");
        return true;
      });
      await producer.close();
    });

    it("connects 200 producers and leaves no connection open", async () => {
      const topic = await newTopic();
      const sockets = () =>
        (process as unknown as { getActiveResourcesInfo(): string[] })
          .getActiveResourcesInfo()
          .filter((kind) => /TCPSocketWrap|TLSWrap/.test(kind)).length;
      const before = sockets();
      const producers = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          client.connectProducer(cluster.target, `p${index}`, { topic, ...plain }),
        ),
      );
      await Promise.all(producers.map((producer) => producer.send(texts("one", 1))));
      assert.ok(sockets() >= before + 200);
      await Promise.all(producers.map((producer) => producer.close()));
      await eventually(() => assert.ok(sockets() <= before, `${sockets()} of ${before}`));
    });
  });
}

describe("both clients", { skip: KAFKA_CLIENTS.map((name) => nodeError(name)).find(Boolean) }, () => {
  it("send a key to the same partition", async () => {
    const topic = await newTopic();
    const [reader, ...clients] = [
      await adapterOf("kafkajs"),
      ...(await Promise.all(KAFKA_CLIENTS.map((name) => adapterOf(name)))),
    ];
    const { port, received } = await consume(reader as ClientAdapter, topic);
    const keys = Array.from({ length: 30 }, (_, index) => Buffer.from(`key-${index}`));
    for (const client of clients)
      await send(
        client,
        topic,
        keys.map((key) => ({ key, value: key })),
      );
    await eventually(() => assert.equal(received.length, 60));
    for (const key of keys) {
      const partitions = received.filter(({ value }) => value.equals(key)).map(({ partition }) => partition);
      assert.equal(new Set(partitions).size, 1, `${key}: ${partitions}`);
    }
    await port.close();
  });
});

describe("a topic", () => {
  it("that exists with other settings is refused with every difference", async () => {
    const topic = await newTopic({ "retention.ms": "60000" });
    const wanted = { topic, partitions: 7, replicationFactor: 3, config: { "retention.ms": "1000" } };
    await assert.rejects(ensureTopic(cluster.target, wanted), (error) => {
      assert.ok(error instanceof SwarmbenchError);
      assert.match(
        error.message,
        /partitions: 4, wanted 7; replication factor: 1, wanted 3; retention.ms: 60000, wanted 1000/,
      );
      assert.match(error.hint ?? "", /Choose another workload.topic/);
      return true;
    });
  });

  it("with more replicas than brokers is refused with a hint", async () => {
    const wanted = { topic: "too-many", partitions: 1, replicationFactor: 3, config: {} };
    await assert.rejects(ensureTopic(cluster.target, wanted), (error) => {
      assert.match((error as SwarmbenchError).hint ?? "", /Lower workload.replicationFactor/);
      return true;
    });
  });

  it("can be removed twice", async () => {
    const topic = await newTopic();
    await removeTopics(cluster.target, [topic]);
    await removeTopics(cluster.target, [topic]);
  });

  it("of a Kafka that does not answer is an error with its address", async () => {
    const target = { ...cluster.target, bootstrap: ["127.0.0.1:1"] };
    await assert.rejects(
      ensureTopic(target, { topic: "t", partitions: 1, config: {} }),
      /topic request to Kafka at 127.0.0.1:1 failed/,
    );
  });
});

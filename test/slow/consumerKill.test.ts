// What a group does when one of its consumers is killed, with both clients against a real Kafka process. About six minutes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { GROUP } from "../../bench/clients/group.ts";
import { adapterOf } from "../../bench/clients/index.ts";
import type { ClientAdapter, ConsumerPort } from "../../bench/clients/port.ts";
import { ensureTopic, withAdmin } from "../../bench/kafka/topics.ts";
import { KAFKA_CLIENTS, nodeError } from "../../contract/clients.ts";
import { eventually } from "../support/eventually.ts";
import { PARTITIONS, startCluster, stepWith } from "../support/faultSteps.ts";
import type { KafkaCluster } from "../support/kafkaCluster.ts";

const fetch = { minBytes: 1, maxWaitMs: 500, maxBytes: 50 * 1024 * 1024 };
const plain = { acks: "all", idempotent: false, compression: "none" } as const;

/** Longer than the session timeout and the rebalance after it, on a busy machine. */
const NOTICED_WITHIN_MS = 120_000;

let cluster: KafkaCluster;
before(async () => {
  cluster = await startCluster(1);
});
after(() => cluster?.dispose());

/** What a test has opened, to close it even if the test fails. */
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.allSettled(opened.splice(0).map((close) => close()))));

/** A consumer with the offsets that it received of each partition, and when. */
interface Member {
  port: ConsumerPort;
  offsets: number[][];
  times: number[];
}

async function join(client: ClientAdapter, group: string, name: string): Promise<Member> {
  const offsets: number[][] = Array.from({ length: PARTITIONS }, () => []);
  const times: number[] = [];
  const port = await client.connectConsumer(
    cluster.target,
    name,
    { topic: group, group, fetch, startOffsets: {} },
    () => performance.now() * 1_000,
    (batch) => {
      offsets[batch.partition]?.push(...batch.offsets);
      times.push(batch.receivedUs / 1e6);
    },
  );
  opened.push(() => port.close());
  return { port, offsets, times };
}

/** Sends until it is stopped; resolves then with the number of acknowledged messages. */
async function sender(client: ClientAdapter, topic: string): Promise<() => Promise<number>> {
  const producer = await client.connectProducer(cluster.target, "producer", { topic, ...plain });
  let [sending, acked] = [true, 0];
  const sent = (async () => {
    for (; sending; acked += 1) {
      await producer.send([{ value: Buffer.from(`message ${acked}`) }]);
      await delay(4);
    }
  })();
  const stop = async () => {
    sending = false;
    await sent;
    await producer.close();
    return acked;
  };
  opened.push(stop);
  return stop;
}

/** The client ids of a group's members. */
function membersOf(group: string): Promise<string[]> {
  return withAdmin(cluster.target, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    return groups.flatMap(({ members }) => members.map(({ clientId }) => clientId)).sort();
  });
}

/** The offset that a group has committed, by partition. */
function committedBy(group: string): Promise<number[]> {
  return withAdmin(cluster.target, async (admin) => {
    const [topic] = await admin.fetchOffsets({ groupId: group, topics: [group] });
    const offsets: number[] = [];
    for (const { partition, offset } of topic?.partitions ?? []) offsets[partition] = Number(offset);
    return offsets;
  });
}

const nextOf = ({ offsets }: Member, partition: number) => (offsets[partition]?.at(-1) ?? -1) + 1;
const distinct = (members: readonly Member[]) =>
  Array.from({ length: PARTITIONS }, (_, partition) => {
    return new Set(members.flatMap(({ offsets }) => offsets[partition] ?? [])).size;
  }).reduce((sum, count) => sum + count, 0);
const sockets = () =>
  (process as unknown as { getActiveResourcesInfo(): string[] })
    .getActiveResourcesInfo()
    .filter((kind) => kind === "TCPSocketWrap").length;
const sinceSec = (fromMs: number) => ((performance.now() - fromMs) / 1_000).toFixed(1);

/** Two consumers of a group that both receive. */
async function pair(client: ClientAdapter) {
  const group = `g-${randomUUID()}`;
  await ensureTopic(cluster.target, { topic: group, partitions: PARTITIONS, config: {} });
  const stop = await sender(client, group);
  const [dying, other] = [await join(client, group, "dying"), await join(client, group, "other")];
  await eventually(() =>
    assert.deepEqual(
      [dying, other].map(({ port }) => port.assigned().length),
      [2, 2],
    ),
  );
  const [had, otherHad] = [dying.times.length, other.times.length];
  await eventually(() => assert.ok(dying.times.length > had + 50 && other.times.length > otherHad + 50));
  return { group, stop, dying, other };
}

for (const name of KAFKA_CLIENTS) {
  describe(`a killed consumer of ${name}`, { skip: nodeError(name) }, () => {
    let client: ClientAdapter;
    before(async () => {
      client = await adapterOf(name);
    });

    it("stays in its group until the session timeout; then another one continues at the committed offsets", async () => {
      const { group, stop, dying, other } = await pair(client);
      const own = dying.port.assigned();
      // The first group of a new cluster may get an error while it joins.
      const errors = { ...dying.port.errors() };
      await dying.port.kill();
      const killedMs = performance.now();
      const received = dying.times.length;
      const committed = await committedBy(group);
      assert.deepEqual(await membersOf(group), ["dying", "other"]);
      const uncommitted = own.reduce(
        (sum, partition) => sum + nextOf(dying, partition) - Math.max(0, committed[partition] ?? 0),
        0,
      );
      assert.ok(uncommitted > 0, "it had read more than it had committed");
      const before = own.map((partition) => other.offsets[partition]?.length ?? 0);
      await eventually(async () => assert.deepEqual(await membersOf(group), ["other"]), NOTICED_WITHIN_MS);
      console.log(`${name}: the group noticed after ${sinceSec(killedMs)} s`);
      const acked = await stop();
      await eventually(() => assert.equal(distinct([dying, other]), acked), NOTICED_WITHIN_MS);
      console.log(`${name}: everything was read after ${sinceSec(killedMs)} s, ${uncommitted} twice`);
      assert.deepEqual(
        own.map((partition, index) => other.offsets[partition]?.[before[index] ?? 0]),
        own.map((partition) => Math.max(0, committed[partition] ?? 0)),
      );
      assert.equal(dying.times.length, received, "it received nothing after it was killed");
      assert.deepEqual(dying.port.errors(), errors);
    });

    it("keeps the whole group waiting if a new one joins before the session timeout", async () => {
      const { group, stop, dying, other } = await pair(client);
      const open = sockets();
      await dying.port.kill();
      await eventually(() => assert.ok(sockets() < open, "the killed one has no connection any more"));
      const killedMs = performance.now();
      const next = await join(client, group, "next");
      console.log(`${name}: the new one joined ${sinceSec(killedMs)} s after the kill`);
      assert.deepEqual(await membersOf(group), ["next", "other"]);
      const acked = await stop();
      await eventually(() => assert.equal(distinct([dying, other, next]), acked), NOTICED_WITHIN_MS);
      const gaps = other.times.map((time, index) => time - (other.times[index - 1] ?? time));
      const longest = Math.max(...gaps);
      console.log(`${name}: the other one received nothing for ${longest.toFixed(1)} s`);
      // Until the session timeout, but for the heartbeat by which it learns of the rebalance.
      assert.ok(longest > GROUP.sessionTimeout / 2_000, `${longest} s`);
    });

    it("costs a step no message, whose drain waits until its partitions are read again", async () => {
      const { step } = await stepWith(
        cluster,
        { client: name, consumers: 2 },
        {
          duration: "30 seconds",
          drain: "30 seconds",
          faults: [{ at: "20 seconds", fault: "consumer-kill", target: "consumer 1", duration: "5 seconds" }],
        },
      );
      const [record] = step.faults ?? [];
      assert.deepEqual([record?.error, record?.hit], [null, ["consumer-1"]]);
      assert.deepEqual([step.lost, step.pending, step.duplicated, step.logCheck?.missing], [0, 0, 0, 0]);
      assert.ok((step.reread ?? 0) > 0, "what it had not committed was read again");
      const seconds = ((record?.endedAt ?? Number.NaN) - (record?.startedAt ?? Number.NaN)) / 1_000;
      console.log(
        `${name}: replaced after ${seconds} s, ${step.reread} reread, errors ${JSON.stringify(step.errors)}`,
      );
    });
  });
}

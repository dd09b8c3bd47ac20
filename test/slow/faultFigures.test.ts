// What is measured when a fault acts, on real Kafka processes of this machine: unavailability, recovery, backlog, lost messages.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { KafkaCluster } from "../support/kafkaCluster.ts";
import { LONG, near, PARTITIONS, RATE, startCluster, stepWith } from "../support/nativeFaults.ts";

describe("faults of one broker", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startCluster(1);
  });
  after(() => cluster?.dispose());

  it("that is paused are as long, and their backlog as large, as theory says; nothing is lost", async () => {
    const faults = [
      { at: "10 seconds", fault: "broker-pause", target: "broker 1", duration: "4 seconds" } as const,
    ];
    const { step, recovery } = await stepWith(cluster, {}, { faults });
    const { unavailable, latency, backlog } = recovery;
    assert.deepEqual([unavailable?.partitions, unavailable?.notAgain], [PARTITIONS, 0]);
    const error = unavailable?.uncertainSec ?? 0;
    near(unavailable?.longestSec, 4 - error, 4 + error + 1, "longest unavailability");
    near(unavailable?.medianSec, 4 - error, 4 + error + 1, "median unavailability");
    near(backlog.peak, RATE * 3, RATE * 5, "peak of the backlog");
    near(latency.sinceEndSec, 0, 5, "recovery of the latency");
    near(backlog.sinceEndSec, 0, 5, "drain of the backlog");
    near(latency.maxMs, 3_900, 6_000, "largest latency");
    assert.deepEqual([step.logCheck?.missing, step.uncleanElections], [0, 0]);
  });

  it("that is killed and started again last until Kafka serves; with acks all nothing is lost", async () => {
    const faults = [{ at: "10 seconds", fault: "broker-kill", target: "leader of partition 0" } as const];
    const { step, recovery } = await stepWith(cluster, {}, { ...LONG, faults });
    assert.deepEqual(step.faults?.[0]?.hit, ["broker-1"]);
    near(recovery.unavailable?.longestSec, 0.5, 60, "unavailability");
    assert.equal(recovery.unavailable?.notAgain, 0);
    near(recovery.latency.sinceEndSec, 0.5, 80, "recovery of the latency");
    assert.equal(step.logCheck?.missing, 0);
  });
});

describe("faults of a cluster", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startCluster(3);
  });
  after(() => cluster?.dispose());

  it("hit the leader of a partition: the others stay available, and with acks all nothing is lost", async () => {
    const faults = [{ at: "10 seconds", fault: "broker-kill", target: "leader of partition 0" } as const];
    const { step, recovery } = await stepWith(
      cluster,
      { acks: "all", replicationFactor: 3 },
      { ...LONG, faults },
    );
    near(recovery.unavailable?.longestSec, 0.05, 60, "longest unavailability");
    assert.equal(recovery.unavailable?.notAgain, 0);
    // Retries may duplicate and reorder. An idempotent producer of kafkajs lost a message here (docs/faults.md).
    assert.equal(step.logCheck?.missing, 0);
  });
});

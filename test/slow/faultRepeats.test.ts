// Faults again and again, on real Kafka processes of this machine. FAULT_KILLS: how many leaders are killed (default 50).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { median } from "../../cli/calibrate/statistics.ts";
import type { KafkaCluster } from "../support/kafkaCluster.ts";
import { near, startCluster, stepWith } from "../support/nativeFaults.ts";

const KILLS = Number(process.env.FAULT_KILLS ?? 50);
/** Kills of one step. Between two of them, the killed broker starts and catches up. */
const [KILLS_OF_STEP, EVERY_SEC] = [10, 25];
const PAUSES = 10;
const PAUSE_SEC = 4;

describe("brokers of a cluster that are killed again and again", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startCluster(3);
  });
  after(() => cluster?.dispose());

  const killOf = (repeat: number) =>
    ({
      at: "10 seconds",
      fault: "broker-kill",
      target: "leader of partition 0",
      repeat,
      every: `${EVERY_SEC} seconds`,
    }) as const;

  for (let first = 1; first <= KILLS; first += KILLS_OF_STEP) {
    const kills = Math.min(KILLS_OF_STEP, KILLS + 1 - first);
    it(`lose nothing that they acknowledged with acks all (kills ${first} to ${first + kills - 1})`, async () => {
      const { step } = await stepWith(
        cluster,
        { acks: "all", replicationFactor: 3 },
        { duration: `${20 + EVERY_SEC * kills} seconds`, drain: "60 seconds", faults: [killOf(kills)] },
      );
      const records = step.faults ?? [];
      assert.equal(records.length, kills);
      assert.ok(
        records.every(({ hit, error }) => hit.length === 1 && error === null),
        JSON.stringify(records),
      );
      assert.ok((step.logCheck?.present ?? 0) > 1_000, JSON.stringify(step.logCheck));
      assert.deepEqual([step.logCheck?.missing, step.uncleanElections], [0, 0]);
    });
  }

  // While the followers are paused, the leader acknowledges alone. They stay in sync by the cluster's view (replica.lag.time.max.ms),
  // so that one of them leads once the leader is killed, without what was acknowledged.
  for (const acks of [1, 0] as const) {
    it(`lose messages with acks ${acks} if the leader is killed before the others have them, and the log check finds them`, async () => {
      const { step } = await stepWith(
        cluster,
        { acks, replicationFactor: 3 },
        { duration: "60 seconds", drain: "60 seconds", faults: [killOf(1)] },
        2,
      );
      assert.ok((step.logCheck?.missing ?? 0) > 0, JSON.stringify(step.logCheck));
      assert.ok(step.lost > 0, `${step.lost} lost`);
    });
  }
});

describe("a broker that is paused again and again", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startCluster(1);
  });
  after(() => cluster?.dispose());

  it(`is away equally long each time, within a fifth, and as long as it was paused`, async () => {
    const pause = { at: "10 seconds", fault: "broker-pause", target: "broker 1" } as const;
    const times = { duration: `${PAUSE_SEC} seconds`, repeat: PAUSES, every: "12 seconds" };
    const { recoveries } = await stepWith(
      cluster,
      {},
      { duration: `${20 + 12 * PAUSES} seconds`, faults: [{ ...pause, ...times }] },
    );
    const away = recoveries.map(({ unavailable }) => unavailable?.longestSec ?? Number.NaN);
    assert.equal(away.length, PAUSES);
    const middle = median(away);
    console.log(`unavailable: ${away.map((sec) => sec.toFixed(2)).join(", ")} s`);
    near(middle, 0.9 * PAUSE_SEC, 1.1 * PAUSE_SEC, "median of the unavailability");
    for (const sec of away) near(sec, 0.8 * middle, 1.2 * middle, "unavailability");
  });
});

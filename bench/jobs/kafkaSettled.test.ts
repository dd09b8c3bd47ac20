import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { type AskMetrics, inspectAll, inspectOne, isThere, type Member } from "../kafka/metrics.ts";
import { whatToWaitFor } from "../kafka/settling.ts";
import { type ClusterProbe, kafkaSettled, waitUntilSettled } from "./kafkaSettled.ts";

const member = (name: string, ...roles: Member["roles"]): Member => ({
  name,
  jolokiaUrl: `http://${name}:8778/jolokia`,
  roles,
});
const combined = [1, 2, 3].map((id) => member(`broker-${id}`, "broker", "controller"));
const dedicated = [
  ...[1, 2, 3].map((id) => member(`controller-${id}`, "controller")),
  ...[1, 2, 3, 4].map((id) => member(`broker-${id}`, "broker")),
];
const oneVoter = [member("broker-1", "broker", "controller"), member("broker-2", "broker")];

describe("what to wait for after a member was changed", () => {
  const wait = (self: string, members: Member[], ...there: string[]) =>
    whatToWaitFor(self, members, new Set(there));

  it("is the whole cluster where all others were there", () => {
    assert.deepEqual(wait("broker-1", combined, "broker-2", "broker-3"), { for: "all" });
    assert.deepEqual(wait("broker-1", combined.slice(0, 1)), { for: "all" });
  });
  it("is that member alone where another one was not there and the rest has a majority", () => {
    const self = { for: "self", absent: ["broker-3"] };
    assert.deepEqual(wait("broker-1", combined, "broker-2"), self);
  });
  it("is nothing where those there cannot make a quorum with it", () => {
    assert.deepEqual(wait("broker-1", combined), {
      for: "nothing",
      why: "broker-2, broker-3 are not there, so there is no quorum to wait for",
    });
  });
  it("counts the changed member as a voter only if it is one", () => {
    assert.deepEqual(wait("broker-2", oneVoter), {
      for: "nothing",
      why: "broker-1 is not there, so there is no quorum to wait for",
    });
    assert.deepEqual(wait("broker-1", oneVoter), { for: "self", absent: ["broker-2"] });
  });
  it("counts no broker where the controllers are dedicated", () => {
    const brokers = ["broker-1", "broker-2", "broker-3", "broker-4"];
    assert.equal(wait("controller-1", dedicated, ...brokers).for, "nothing");
    assert.equal(wait("controller-1", dedicated, "controller-2").for, "self");
    assert.equal(wait("broker-1", dedicated, "controller-1", "controller-2").for, "self");
  });
  it("is nothing where just half of the voters are there", () => {
    const two = combined.slice(0, 2);
    assert.equal(wait("broker-1", two).for, "nothing");
  });
});

describe("kafka-settled", () => {
  const whole = { amiss: undefined, partitions: 7 };
  const probe = (own: Partial<ClusterProbe>): ClusterProbe => ({
    isThere: async () => true,
    all: async () => whole,
    one: async () => assert.fail("it looked at one"),
    ...own,
  });
  const settle = (own: Partial<ClusterProbe>, context = fakeContext(), timeoutSec = 60) =>
    waitUntilSettled({ self: "broker-1", members: combined, timeoutSec }, context, probe(own));
  const except =
    (...absent: string[]) =>
    async ({ name }: Member) =>
      !absent.includes(name);

  it("wants several calm looks at the whole cluster in a row", async () => {
    let looks = 0;
    const all = async () => (++looks > 3 && looks !== 5 ? whole : { ...whole, amiss: "behind" });
    assert.deepEqual(await settle({ all }), { partitions: 7 });
    assert.equal(looks, 8);
  });
  it("starts the count again after a look that failed", async () => {
    let looks = 0;
    const all = async () => (++looks === 3 ? assert.fail("no answer") : whole);
    await settle({ all });
    assert.equal(looks, 6);
  });
  it("looks at all members, the changed one too", async () => {
    const seen = new Set<string>();
    const all = async (members: Member[]) => {
      for (const { name } of members) seen.add(name);
      return whole;
    };
    await settle({ all });
    assert.deepEqual([...seen], ["broker-1", "broker-2", "broker-3"]);
  });
  it("says what is amiss while it waits, and when the time is over", async () => {
    const context = fakeContext();
    const all = async () => ({ ...whole, amiss: "broker-2: 4 partitions are under-replicated" });
    await assert.rejects(
      settle({ all }, context, 5),
      /^Problem: Kafka did not settle within 5 s: broker-2: 4 partitions are under-replicated$/,
    );
    assert.deepEqual(context.lines, [
      "waiting for Kafka to settle: broker-2: 4 partitions are under-replicated",
    ]);
  });
  it("asks again for another member that does not answer at once", async () => {
    let asked = 0;
    const slow = async ({ name }: Member) => name !== "broker-2" || ++asked > 2;
    assert.deepEqual(await settle({ isThere: slow }), { partitions: 7 });
  });
  it("never asks whether the changed member is there: it is just starting", async () => {
    const asked = new Set<string>();
    const watched = async ({ name }: Member) => asked.add(name).size > 0;
    await settle({ isThere: watched });
    assert.deepEqual([...asked], ["broker-2", "broker-3"]);
  });
  it("waits for the changed member alone where another one is absent, and says which", async () => {
    const context = fakeContext();
    let looks = 0;
    const one = async ({ name }: Member) => {
      assert.equal(name, "broker-1");
      return ++looks > 4 ? undefined : "broker-1: it does not serve yet";
    };
    const all = async () => assert.fail("it looked at all");
    assert.deepEqual(await settle({ isThere: except("broker-3"), one, all }, context), {
      absent: ["broker-3"],
    });
    assert.equal(looks, 7);
    assert.equal(context.lines[0], "waiting for broker-1 alone: broker-3 is not there");
  });
  it("fails where the changed member does not come back by itself", async () => {
    const one = async () => "broker-1: it is in no quorum yet";
    await assert.rejects(settle({ isThere: except("broker-3"), one }, fakeContext(), 5), /in no quorum yet/);
  });
  it("is over within seconds where there is no quorum, and says why", async () => {
    const context = fakeContext();
    const why = "broker-2, broker-3 are not there, so there is no quorum to wait for";
    const all = async () => assert.fail("it looked at all");
    const absent = except("broker-2", "broker-3");
    assert.deepEqual(await settle({ isThere: absent, all }, context), { skipped: why });
    assert.deepEqual(context.lines, [`not waiting for broker-1: ${why}`]);
    assert.ok(context.clock.now() < 10_000);
  });
  it("refuses a changed member that is none of the members", () => {
    const input = { self: "broker-9", members: combined, timeoutSec: 1 };
    assert.match(kafkaSettled.input.safeParse(input).error?.message ?? "", /self is none of the members/);
  });
});

/** Answers for each host with its figures by the last word of MBean or attribute; who has none does not answer. */
function answering(figures: Record<string, Record<string, number | string> | undefined>): AskMetrics {
  return async (url, readings) => {
    const own = figures[new URL(url).hostname];
    if (!own) throw new Error("connection refused");
    return readings.map(
      ({ mbean, attribute }) => own[attribute === "Value" ? (mbean.split("name=")[1] ?? "") : attribute],
    );
  };
}

describe("a look at a whole cluster", () => {
  const well = { BrokerState: 3, UnderReplicatedPartitions: 0, OfflinePartitionsCount: 0 };
  const leads = { ...well, ActiveControllerCount: 1, ActiveBrokerCount: 2, GlobalPartitionCount: 7 };
  const follows = { ...well, ActiveControllerCount: 0, ActiveBrokerCount: 0, GlobalPartitionCount: 0 };
  type Figures = Record<string, number> | undefined;
  const look = (...[one, two]: Figures[]) =>
    inspectAll(combined.slice(0, 2), answering({ "broker-1": one, "broker-2": two }));

  it("finds nothing amiss where all is well, and counts the partitions", async () =>
    assert.deepEqual(await look(follows, leads), { amiss: undefined, partitions: 7 }));
  for (const [what, figures, amiss] of [
    ["a member that does not answer", [leads, undefined], "broker-2: connection refused"],
    [
      "a broker that still starts",
      [leads, { ...follows, BrokerState: 1 }],
      "broker-2: it does not serve yet",
    ],
    [
      "a member without metrics yet",
      [leads, {}],
      "broker-2: it does not serve yet; broker-2: its controller does not run yet",
    ],
    [
      "replicas that are behind",
      [leads, { ...follows, UnderReplicatedPartitions: 4 }],
      "broker-2: 4 partitions are under-replicated",
    ],
    [
      "a broker that the active controller misses",
      [{ ...leads, ActiveBrokerCount: 1 }, follows],
      "broker-1: 1 of 2 brokers are in the cluster",
    ],
    [
      "partitions without a leader",
      [{ ...leads, OfflinePartitionsCount: 2 }, follows],
      "broker-1: 2 of 7 partitions have no leader",
    ],
    [
      "all that is amiss, each thing once",
      [{ ...leads, UnderReplicatedPartitions: 1 }, undefined],
      "broker-1: 1 partitions are under-replicated; broker-2: connection refused",
    ],
    ["a quorum without a leader", [follows, follows], "no controller leads"],
  ] as const)
    it(`finds ${what}`, async () => assert.equal((await look(...figures)).amiss, amiss));
});

describe("a look at one member", () => {
  const [broker1 = assert.fail()] = combined;
  const serving = { BrokerState: 3, "current-state": "follower", UnderReplicatedPartitions: 9 };
  const look = (of: Member, figures: Record<string, number | string> | undefined) =>
    inspectOne(of, answering({ [of.name]: figures }));

  it("finds nothing amiss with one that serves, whatever replicas it lacks", async () =>
    assert.equal(await look(broker1, serving), undefined));
  for (const state of ["leader", "follower", "observer"])
    it(`finds nothing amiss with a ${state} of the quorum`, async () =>
      assert.equal(await look(broker1, { ...serving, "current-state": state }), undefined));
  for (const state of ["candidate", "prospective", "unattached", "voted", "resigned"])
    it(`finds that a voter that is ${state} is in no quorum`, async () =>
      assert.equal(
        await look(broker1, { ...serving, "current-state": state }),
        "broker-1: it is in no quorum yet",
      ));
  it("finds that a broker still starts, whatever its quorum", async () =>
    assert.equal(await look(broker1, { ...serving, BrokerState: 1 }), "broker-1: it does not serve yet"));
  it("asks no state of a broker from a controller alone, nor of a quorum from a broker alone", async () => {
    const controller = member("controller-1", "controller");
    assert.equal(await look(controller, { "current-state": "leader" }), undefined);
    assert.equal(await look(member("broker-4", "broker"), { BrokerState: 3 }), undefined);
  });
  it("finds that it does not answer", async () =>
    assert.equal(await look(broker1, undefined), "broker-1: connection refused"));
});

describe("a member is there", () => {
  const there = (of: Member, figures: Record<string, number> | undefined) =>
    isThere(of, answering({ [of.name]: figures }));
  const broker = member("broker-1", "broker", "controller");
  const controller = member("controller-1", "controller");

  it("as a broker, where it serves, and not where it only answers", async () => {
    assert.equal(await there(broker, { BrokerState: 3 }), true);
    assert.equal(await there(broker, { BrokerState: 1 }), false);
    assert.equal(await there(broker, {}), false);
  });
  it("as a controller alone, where it answers", async () => {
    assert.equal(await there(controller, {}), true);
  });
  it("never where it does not answer", async () => {
    assert.equal(await there(broker, undefined), false);
    assert.equal(await there(controller, undefined), false);
  });
});

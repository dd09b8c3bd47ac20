import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { type AskMetrics, inspectAll, inspectOne, isServing, type Member } from "../kafka/metrics.ts";
import { waitAfterChange } from "../kafka/settling.ts";
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

describe("what to wait for after a change of a member", () => {
  const wait = (self: string, members: Member[], ...serving: string[]) =>
    waitAfterChange(self, members, new Set(serving));

  it("is the whole cluster if all others were serving", () => {
    assert.deepEqual(wait("broker-1", combined, "broker-2", "broker-3"), { for: "all" });
    assert.deepEqual(wait("broker-1", combined.slice(0, 1)), { for: "all" });
  });
  it("is only that member if another one was down and the rest has a majority", () => {
    const self = { for: "self", absent: ["broker-3"] };
    assert.deepEqual(wait("broker-1", combined, "broker-2"), self);
  });
  it("is nothing if the serving members cannot form a quorum with it", () => {
    assert.deepEqual(wait("broker-1", combined), {
      for: "nothing",
      why: "broker-2, broker-3 are down, so there is no quorum",
    });
  });
  it("counts the changed member as a voter only if it is one", () => {
    assert.deepEqual(wait("broker-2", oneVoter), {
      for: "nothing",
      why: "broker-1 is down, so there is no quorum",
    });
    assert.deepEqual(wait("broker-1", oneVoter), { for: "self", absent: ["broker-2"] });
  });
  it("does not count brokers if the controllers are dedicated", () => {
    const brokers = ["broker-1", "broker-2", "broker-3", "broker-4"];
    assert.equal(wait("controller-1", dedicated, ...brokers).for, "nothing");
    assert.equal(wait("controller-1", dedicated, "controller-2").for, "self");
    assert.equal(wait("broker-1", dedicated, "controller-1", "controller-2").for, "self");
  });
  it("is nothing if only half of the voters are serving", () => {
    const two = combined.slice(0, 2);
    assert.equal(wait("broker-1", two).for, "nothing");
  });
});

describe("kafka-settled", () => {
  const healthy = { issue: undefined, partitions: 7 };
  const probe = (own: Partial<ClusterProbe>): ClusterProbe => ({
    isServing: async () => true,
    all: async () => healthy,
    one: async () => assert.fail("it inspected one member"),
    ...own,
  });
  const settle = (own: Partial<ClusterProbe>, context = fakeContext(), timeoutSec = 60) =>
    waitUntilSettled({ self: "broker-1", members: combined, timeoutSec }, context, probe(own));
  const except =
    (...absent: string[]) =>
    async ({ name }: Member) =>
      !absent.includes(name);

  it("requires several healthy inspections of the whole cluster in a row", async () => {
    let inspections = 0;
    const all = async () =>
      ++inspections > 3 && inspections !== 5 ? healthy : { ...healthy, issue: "behind" };
    assert.deepEqual(await settle({ all }), { partitions: 7 });
    assert.equal(inspections, 8);
  });
  it("restarts the count after a failed inspection", async () => {
    let inspections = 0;
    const all = async () => (++inspections === 3 ? assert.fail("no answer") : healthy);
    await settle({ all });
    assert.equal(inspections, 6);
  });
  it("inspects all members, including the changed one", async () => {
    const inspected = new Set<string>();
    const all = async (members: Member[]) => {
      for (const { name } of members) inspected.add(name);
      return healthy;
    };
    await settle({ all });
    assert.deepEqual([...inspected], ["broker-1", "broker-2", "broker-3"]);
  });
  it("reports the issue while it waits, and after the timeout", async () => {
    const context = fakeContext();
    const all = async () => ({ ...healthy, issue: "broker-2: 4 partitions are under-replicated" });
    await assert.rejects(
      settle({ all }, context, 5),
      /^SwarmbenchError: Kafka did not settle within 5 s: broker-2: 4 partitions are under-replicated$/m,
    );
    assert.deepEqual(context.lines, [
      "waiting for Kafka to settle: broker-2: 4 partitions are under-replicated",
    ]);
  });
  it("retries another member that does not answer at once", async () => {
    let asked = 0;
    const slow = async ({ name }: Member) => name !== "broker-2" || ++asked > 2;
    assert.deepEqual(await settle({ isServing: slow }), { partitions: 7 });
  });
  it("does not check whether the changed member serves, because it is just starting", async () => {
    const asked = new Set<string>();
    const watched = async ({ name }: Member) => asked.add(name).size > 0;
    await settle({ isServing: watched });
    assert.deepEqual([...asked], ["broker-2", "broker-3"]);
  });
  it("waits only for the changed member if another one is down, and names it", async () => {
    const context = fakeContext();
    let inspections = 0;
    const one = async ({ name }: Member) => {
      assert.equal(name, "broker-1");
      return ++inspections > 4 ? undefined : "broker-1: it does not serve yet";
    };
    const all = async () => assert.fail("it inspected all members");
    assert.deepEqual(await settle({ isServing: except("broker-3"), one, all }, context), {
      absent: ["broker-3"],
    });
    assert.equal(inspections, 7);
    assert.equal(context.lines[0], "waiting only for broker-1: broker-3 is down");
  });
  it("fails if the changed member does not come back", async () => {
    const one = async () => "broker-1: it has not joined the quorum yet";
    await assert.rejects(
      settle({ isServing: except("broker-3"), one }, fakeContext(), 5),
      /has not joined the quorum yet/,
    );
  });
  it("ends within seconds if there is no quorum, and says why", async () => {
    const context = fakeContext();
    const why = "broker-2, broker-3 are down, so there is no quorum";
    const all = async () => assert.fail("it inspected all members");
    const absent = except("broker-2", "broker-3");
    assert.deepEqual(await settle({ isServing: absent, all }, context), { skipped: why });
    assert.deepEqual(context.lines, [`not waiting for broker-1: ${why}`]);
    assert.ok(context.clock.now() < 10_000);
  });
  it("rejects a changed member that is not one of the members", () => {
    const input = { self: "broker-9", members: combined, timeoutSec: 1 };
    assert.match(kafkaSettled.input.safeParse(input).error?.message ?? "", /self is not one of the members/);
  });
});

/** Answers for each host with its metrics, by the name of the MBean or attribute. A host without metrics does not answer. */
function answering(metrics: Record<string, Record<string, number | string> | undefined>): AskMetrics {
  return async (url, readings) => {
    const own = metrics[new URL(url).hostname];
    if (!own) throw new Error("connection refused");
    return readings.map(
      ({ mbean, attribute }) => own[attribute === "Value" ? (mbean.split("name=")[1] ?? "") : attribute],
    );
  };
}

describe("an inspection of a whole cluster", () => {
  const state = { BrokerState: 3, UnderReplicatedPartitions: 0, OfflinePartitionsCount: 0 };
  const leads = { ...state, ActiveControllerCount: 1, ActiveBrokerCount: 2, GlobalPartitionCount: 7 };
  const follows = { ...state, ActiveControllerCount: 0, ActiveBrokerCount: 0, GlobalPartitionCount: 0 };
  type Metrics = Record<string, number> | undefined;
  const inspect = (...[one, two]: Metrics[]) =>
    inspectAll(combined.slice(0, 2), answering({ "broker-1": one, "broker-2": two }));

  it("finds no issue in a healthy cluster, and counts the partitions", async () =>
    assert.deepEqual(await inspect(follows, leads), { issue: undefined, partitions: 7 }));
  for (const [what, metrics, issue] of [
    ["a member that does not answer", [leads, undefined], "broker-2: connection refused"],
    [
      "a broker that is still starting",
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
      "a broker that is missing at the active controller",
      [{ ...leads, ActiveBrokerCount: 1 }, follows],
      "broker-1: 1 of 2 brokers are in the cluster",
    ],
    [
      "partitions without a leader",
      [{ ...leads, OfflinePartitionsCount: 2 }, follows],
      "broker-1: 2 of 7 partitions have no leader",
    ],
    [
      "all issues, each once",
      [{ ...leads, UnderReplicatedPartitions: 1 }, undefined],
      "broker-1: 1 partitions are under-replicated; broker-2: connection refused",
    ],
    ["a quorum without a leader", [follows, follows], "no controller is active"],
  ] as const)
    it(`finds ${what}`, async () => assert.equal((await inspect(...metrics)).issue, issue));
});

describe("an inspection of one member", () => {
  const [broker1 = assert.fail()] = combined;
  const serving = { BrokerState: 3, "current-state": "follower", UnderReplicatedPartitions: 9 };
  const inspect = (target: Member, metrics: Record<string, number | string> | undefined) =>
    inspectOne(target, answering({ [target.name]: metrics }));

  it("finds no issue with a serving member, even if replicas are behind", async () =>
    assert.equal(await inspect(broker1, serving), undefined));
  for (const state of ["leader", "follower", "observer"])
    it(`finds no issue with a ${state} of the quorum`, async () =>
      assert.equal(await inspect(broker1, { ...serving, "current-state": state }), undefined));
  for (const state of ["candidate", "prospective", "unattached", "voted", "resigned"])
    it(`finds that a voter in state ${state} has not joined the quorum`, async () =>
      assert.equal(
        await inspect(broker1, { ...serving, "current-state": state }),
        "broker-1: it has not joined the quorum yet",
      ));
  it("finds that a broker is still starting, whatever its quorum", async () =>
    assert.equal(await inspect(broker1, { ...serving, BrokerState: 1 }), "broker-1: it does not serve yet"));
  it("requires no broker state of a pure controller, and no quorum state of a pure broker", async () => {
    const controller = member("controller-1", "controller");
    assert.equal(await inspect(controller, { "current-state": "leader" }), undefined);
    assert.equal(await inspect(member("broker-4", "broker"), { BrokerState: 3 }), undefined);
  });
  it("reports a member that does not answer", async () =>
    assert.equal(await inspect(broker1, undefined), "broker-1: connection refused"));
});

describe("a member serves", () => {
  const serves = (target: Member, metrics: Record<string, number> | undefined) =>
    isServing(target, answering({ [target.name]: metrics }));
  const broker = member("broker-1", "broker", "controller");
  const controller = member("controller-1", "controller");

  it("as a broker if it is running, not if it only answers", async () => {
    assert.equal(await serves(broker, { BrokerState: 3 }), true);
    assert.equal(await serves(broker, { BrokerState: 1 }), false);
    assert.equal(await serves(broker, {}), false);
  });
  it("as a pure controller if it answers", async () => {
    assert.equal(await serves(controller, {}), true);
  });
  it("never if it does not answer", async () => {
    assert.equal(await serves(broker, undefined), false);
    assert.equal(await serves(controller, undefined), false);
  });
});

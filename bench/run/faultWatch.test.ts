import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PlannedFault } from "../../contract/faultPlan.ts";
import type { RunEvent } from "../../contract/result.ts";
import type { RoleSource } from "../kafka/roles.ts";
import { announceFaults, brokersHit, type FaultScope } from "./faultWatch.ts";

const brokers = [1, 2, 3].map((number) => ({ name: `broker-${number}`, id: number * 10 }));
const roles: RoleSource = {
  partition: async (topic, partition) => {
    if (topic === "lost") throw new Error("no broker answers");
    return { leader: 10 * (1 + ((partition + topic.length) % 3)), replicas: [10, 20, 30] };
  },
  controller: async () => "broker-3",
};
const topics = { names: ["a", "bb"], partitions: 4 };

describe("the brokers that a fault hits", () => {
  const hit = (target: Parameters<typeof brokersHit>[1]) => brokersHit({ brokers, roles, topics }, target);

  it("are those of its target at that moment", async () => {
    assert.deepEqual(await hit({ kind: "all" }), ["broker-1", "broker-2", "broker-3"]);
    assert.deepEqual(await hit({ kind: "broker", number: 2 }), ["broker-2"]);
    assert.deepEqual(await hit({ kind: "controller" }), ["broker-3"]);
    // Partition 5 is partition 1 of the second topic.
    assert.deepEqual(await hit({ kind: "leader", partition: 0 }), ["broker-2"]);
    assert.deepEqual(await hit({ kind: "leader", partition: 5 }), ["broker-1"]);
    assert.deepEqual(await hit({ kind: "follower", partition: 5 }), ["broker-2"]);
  });

  it("are not guessed", async () => {
    await assert.rejects(hit({ kind: "broker", number: 4 }), /no broker 4/);
    await assert.rejects(hit({ kind: "leader", partition: 8 }), /no partition 8/);
    const none = { ...roles, controller: async () => undefined };
    await assert.rejects(
      brokersHit({ brokers, roles: none, topics }, { kind: "controller" }),
      /no broker is/,
    );
  });
});

describe("the announcement of faults", () => {
  const planned = (number: number, atSec: number, target: string): PlannedFault => ({
    number,
    fault: "broker-kill",
    target,
    atSec,
    durationSec: null,
    options: {},
    entry: 0,
  });
  /** A step whose measured time began a while ago, so that its faults are announced at once or in a moment. */
  const scope = (
    faults: PlannedFault[],
    emit: (event: RunEvent) => void,
    signal: AbortSignal,
  ): FaultScope => ({
    step: 4,
    planned: faults,
    fromSec: Date.now() / 1_000 - 100,
    nowSec: () => Date.now() / 1_000,
    emit,
    signal,
    brokers,
    roles,
    topics: { names: ["lost"], partitions: 4 },
  });

  it("names the brokers, or why they are not known, and the time at which each is due", async () => {
    const events: RunEvent[] = [];
    const { signal } = new AbortController();
    const order = scope(
      [planned(1, 50, "broker 2"), planned(2, 60, "leader of partition 1")],
      (event) => events.push(event),
      signal,
    );
    await announceFaults(order);
    const due = events.flatMap((event) => (event.event === "fault-due" ? [event] : []));
    assert.deepEqual(
      due.map(({ step, number, hit, error }) => [step, number, hit, error]),
      [
        [4, 1, ["broker-2"], null],
        [4, 2, [], "its target is not known: no broker answers"],
      ],
    );
    assert.ok(Math.abs((due[0]?.dueMs ?? 0) - (order.fromSec + 50) * 1_000) < 1);
  });

  it("ends with the step", async () => {
    const events: RunEvent[] = [];
    const ending = new AbortController();
    const announced = announceFaults(
      scope([planned(1, 1_000, "broker 1")], (event) => events.push(event), ending.signal),
    );
    ending.abort();
    await announced;
    assert.deepEqual(events, []);
  });
});

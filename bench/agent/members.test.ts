import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConsumerPort } from "../clients/port.ts";
import { Members } from "./members.ts";

/** Members whose clients the test can look at. Each joins as soon as `go` allows it. */
function open(go: () => Promise<void> = async () => {}) {
  const log: string[] = [];
  const members = new Members(async (index) => {
    await go();
    log.push(`join ${index}`);
    const port: ConsumerPort = {
      assigned: () => [index],
      joins: () => 2,
      errors: () => ({ TIMEOUT: 1 }),
      leave: async () => {
        log.push(`leave ${index}`);
        if (index === 9) throw new Error("not coordinator");
      },
      kill: async () => void log.push(`kill ${index}`),
      close: async () => void log.push(`close ${index}`),
    };
    return port;
  });
  return { members, log };
}

describe("the consumers of a group", () => {
  it("leave, and others join in their place, and their counts never fall", async () => {
    const { members, log } = open();
    await members.joinAll([4, 5]);
    const counts = () => [members.joins(), members.errors()];
    assert.deepEqual(counts(), [4, { TIMEOUT: 2 }]);
    await members.leave(5);
    assert.deepEqual(members.assigned(), [[4, [4]]]);
    assert.deepEqual(counts(), [4, { TIMEOUT: 2 }]);
    await members.join(5);
    assert.deepEqual(counts(), [6, { TIMEOUT: 3 }]);
    assert.deepEqual(log, ["join 4", "join 5", "leave 5", "join 5"]);
  });

  it("are killed instead, and others join in their place, and their counts never fall", async () => {
    const { members, log } = open();
    await members.joinAll([4, 5]);
    await members.kill(5);
    await members.kill(5);
    assert.deepEqual([members.joins(), members.errors()], [4, { TIMEOUT: 2 }]);
    await members.join(5);
    assert.deepEqual(log, ["join 4", "join 5", "kill 5", "join 5"]);
    await members.close();
    assert.deepEqual(log.slice(4), ["close 4", "close 5"]);
  });

  it("neither leave nor join twice", async () => {
    const { members, log } = open();
    await members.joinAll([0]);
    await members.join(0);
    await members.leave(0);
    await members.leave(0);
    assert.deepEqual(log, ["join 0", "leave 0"]);
  });

  it("join once, and are not removed before they have joined", async () => {
    let proceed = () => {};
    const { members, log } = open(() => new Promise((resolve) => (proceed = resolve)));
    const joining = [members.join(3), members.join(3)];
    await assert.rejects(members.kill(3), /has not joined its group yet/);
    proceed();
    await Promise.all(joining);
    await members.close();
    assert.deepEqual(log, ["join 3", "close 3"]);
  });

  it("are closed if they cannot leave in order, and can join again", async () => {
    const { members, log } = open();
    await members.joinAll([9]);
    await assert.rejects(members.leave(9), /not coordinator/);
    await members.join(9);
    assert.deepEqual(log, ["join 9", "leave 9", "close 9", "join 9"]);
  });

  it("are closed, also one that is just joining", async () => {
    let proceed = () => {};
    const { members, log } = open(() => new Promise((resolve) => (proceed = resolve)));
    const joining = members.join(7);
    await members.close();
    proceed();
    await joining;
    assert.deepEqual(log, ["join 7", "close 7"]);
    assert.deepEqual(members.assigned(), []);
  });
});

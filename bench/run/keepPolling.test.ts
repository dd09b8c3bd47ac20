import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../test/support/eventually.ts";
import { keepPolling } from "./keepPolling.ts";

describe("agents during long work", () => {
  it("are polled, with at most one poll in flight per agent", async () => {
    const polled: string[] = [];
    let finish = (_: string) => {};
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const poll = (agent: string) => {
      polled.push(agent);
      if (agent === "silent") return new Promise(() => {});
      return agent === "gone" ? Promise.reject(new Error("gone")) : Promise.resolve();
    };
    const waiting = keepPolling(["quick", "silent", "gone"], poll, work, 1);
    await eventually(() => {
      for (const agent of ["quick", "gone"]) assert.ok(polled.filter((each) => each === agent).length > 2);
    });
    assert.equal(polled.filter((each) => each === "silent").length, 1);
    finish("done");
    assert.equal(await waiting, "done");
    const { length } = polled;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(polled.length, length, "no more polls once the work is done");
  });

  it("are no longer polled if the work fails, and its error is passed on", async () => {
    const poll = async () => {};
    await assert.rejects(keepPolling(["a"], poll, Promise.reject(new Error("lost")), 1), /lost/);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../test/support/eventually.ts";
import { whileAsked } from "./stillThere.ts";

describe("agents, while some take long", () => {
  it("are asked, and who has not answered is not asked once more", async () => {
    const asked: string[] = [];
    let finish = (_: string) => {};
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const ask = (agent: string) => {
      asked.push(agent);
      if (agent === "deaf") return new Promise(() => {});
      return agent === "gone" ? Promise.reject(new Error("gone")) : Promise.resolve();
    };
    const waiting = whileAsked(["quick", "deaf", "gone"], ask, work, 1);
    await eventually(() => {
      for (const agent of ["quick", "gone"]) assert.ok(asked.filter((each) => each === agent).length > 2);
    });
    assert.equal(asked.filter((each) => each === "deaf").length, 1);
    finish("done");
    assert.equal(await waiting, "done");
    const { length } = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(asked.length, length, "and no more once it is there");
  });

  it("stop being asked where the work fails, which is its own error", async () => {
    const ask = async () => {};
    await assert.rejects(whileAsked(["a"], ask, Promise.reject(new Error("lost")), 1), /lost/);
  });
});

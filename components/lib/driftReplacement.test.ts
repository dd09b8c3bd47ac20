import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generation, replaceUnless } from "./driftReplacement.ts";

describe("a replacement", () => {
  it("is due unless the resource is healthy", () => {
    assert.deepEqual([replaceUnless(true).due, replaceUnless(false).due], [false, true]);
  });

  it("has the same words for all findings of one program run", async () => {
    const before = replaceUnless(false);
    await new Promise((wake) => setTimeout(wake, 5));
    assert.deepEqual(replaceUnless(false), before);
  });

  it("hands its details to the script as the second and further arguments", () => {
    const [time, ...details] = replaceUnless(false, "abc", "def").words;
    const startMs = Date.parse(time ?? "");
    assert.ok(startMs >= Math.floor(performance.timeOrigin) && startMs <= Date.now(), time);
    assert.deepEqual(details, ["abc", "def"]);
  });

  it("begins with a word that needs no shell quoting", () => {
    const [time = ""] = replaceUnless(false).words;
    assert.doesNotMatch(time, /[^\w.:-]/);
  });

  it("is stored in one label", () => {
    assert.deepEqual(generation({ due: true, words: ["t", "x"] }), { "swarmbench.generation": "t x" });
  });
});

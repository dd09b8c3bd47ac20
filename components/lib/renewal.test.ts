import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { incarnation, renewUnless } from "./renewal.ts";

describe("a renewal", () => {
  it("is due unless what it is for is healthy", () => {
    assert.deepEqual([renewUnless(true).due, renewUnless(false).due], [false, true]);
  });

  it("has the same words for all that one run of the program finds", async () => {
    const before = renewUnless(false);
    await new Promise((wake) => setTimeout(wake, 5));
    assert.deepEqual(renewUnless(false), before);
  });

  it("hands its details to the script as the second and further arguments", () => {
    const [time, ...details] = renewUnless(false, "abc", "def").words;
    const at = Date.parse(time ?? "");
    assert.ok(at >= Math.floor(performance.timeOrigin) && at <= Date.now(), time);
    assert.deepEqual(details, ["abc", "def"]);
  });

  it("begins with a word that a shell takes as it is", () => {
    const [time = ""] = renewUnless(false).words;
    assert.doesNotMatch(time, /[^\w.:-]/);
  });

  it("becomes one label", () => {
    assert.deepEqual(incarnation({ due: true, words: ["t", "x"] }), { "swarmbench.incarnation": "t x" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { medianOfKnown } from "./statistics.ts";

describe("a median", () => {
  it("is that of the values that are known", () => {
    assert.equal(medianOfKnown([4, null, 1, 2, null, 3]), 2.5);
    assert.equal(medianOfKnown([null]), null);
  });
});

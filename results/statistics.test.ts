import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { medianOf } from "./statistics.ts";

describe("a median", () => {
  it("ignores missing values", () => {
    assert.equal(medianOf([4, null, 1, 2, null, 3]), 2.5);
    assert.equal(medianOf([null]), null);
  });
});

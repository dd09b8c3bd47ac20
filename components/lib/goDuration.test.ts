import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { goDuration } from "./goDuration.ts";

describe("a duration in the provider's notation", () => {
  // The right side is what `time.Duration.String` prints, without a trailing "0s" after minutes and "0m" after hours.
  const notations: [seconds: number, text: string][] = [
    [0, "0s"],
    [0.25, "250ms"],
    [1, "1s"],
    [1.5, "1.5s"],
    [59, "59s"],
    [60, "1m"],
    [90, "1m30s"],
    [99, "1m39s"],
    [600, "10m"],
    [3600, "1h"],
    [3601, "1h0m1s"],
    [5400, "1h30m"],
    [86_400, "24h"],
  ];
  for (const [seconds, text] of notations) {
    it(`writes ${seconds} s as ${text}`, () => assert.equal(goDuration(seconds), text));
  }
});

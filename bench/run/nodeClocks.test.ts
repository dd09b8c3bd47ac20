import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClockSamples } from "./nodeClocks.ts";

describe("the nodes' clocks", () => {
  const at = (at: number, offset_us: number | null, state = "SLAVE") => ({
    kind: "ptpd",
    state,
    offset_us,
    path_delay_us: 15,
    at,
  });

  it("are what was seen of them, each status once, and nothing of one that nobody writes any more", () => {
    const clocks = new ClockSamples();
    for (const status of [at(0.5, 900), at(1, 5, "LISTENING"), at(2, -3), at(2, -3), at(3, 40), at(4, null)])
      clocks.add("b", status);
    clocks.add("a", null);
    assert.deepEqual(clocks.summary(), [
      { node: "a", kind: null, states: [], samples: 0, offsetUs: null, pathDelayUs: null },
      {
        node: "b",
        kind: "ptpd",
        states: ["LISTENING", "SLAVE"],
        samples: 4,
        offsetUs: { median: 5, min: -3, max: 40 },
        pathDelayUs: { median: 15, min: 15, max: 15 },
      },
    ]);
  });
});

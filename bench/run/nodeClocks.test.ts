import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClockSamples } from "./nodeClocks.ts";

describe("the nodes' clocks", () => {
  const status = (at: number, offset_us: number | null, state = "SLAVE") => ({
    kind: "ptpd",
    state,
    offset_us,
    path_delay_us: 15,
    at,
  });

  it("are summarised from every new status, and not from one that no longer changes", () => {
    const clocks = new ClockSamples();
    const early = [status(0.5, 900), status(1, 5, "LISTENING"), status(2, -3), status(2, -3)];
    for (const each of [...early, status(3, 40), status(4, null)]) clocks.add("b", each);
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

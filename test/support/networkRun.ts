import type { Run } from "../../contract/result.ts";
import { buildResults } from "../../results/build.ts";
import { between, names } from "./samplePairs.ts";
import { sampleEvents } from "./sampleRun.ts";

/** The sample run on a network of this many nodes. */
export function networkRun(count: number, overlayMs = 0.4): Run {
  const pairs = between(names(count), overlayMs);
  const clock = {
    node: "node1",
    kind: "ptpd",
    states: ["SLAVE"],
    samples: 3,
    offsetUs: { median: 1, min: -4, max: 9 },
    pathDelayUs: { median: 15, min: 12, max: 30 },
  };
  const events = sampleEvents().map((event) =>
    event.event === "step"
      ? { ...event, result: { ...event.result, network: { pairs: [], oneWayMs: overlayMs } } }
      : event,
  );
  const [begin, ...rest] = events;
  if (!begin) throw new Error("no events");
  const network = { nodes: names(count), brokers: [{ name: "broker-1", node: "node2" }], pairs };
  return buildResults([
    begin,
    { event: "network", at: "2025-11-24T16:00:00.000Z", network },
    { event: "clocks", at: "2025-11-24T16:00:00.000Z", nodes: [clock] },
    ...rest,
  ]);
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { workloadSchema } from "../../contract/workload.ts";
import { checkNodes } from "./checkNodes.ts";
import type { Fleet } from "./fleet.ts";

const fleetOn = (producers: string[], consumers: string[]) =>
  ({
    producers: producers.map((node) => ({ node })),
    consumers: consumers.map((node) => ({ node })),
  }) as unknown as Fleet;
const check = (nodes: number | undefined, fleet: Fleet) =>
  checkNodes({ fleet, workload: workloadSchema.parse({ nodes }) });

describe("the nodes of a step", () => {
  it("may be all, whatever runs where", () => check(undefined, fleetOn(["node3"], ["node5"])));

  it("are used if both services run on each of them", () => {
    check(1, fleetOn(["node3", "node5"], ["node5", "node3"]));
    check(2, fleetOn(["node3", "node5", "node3"], ["node5", "node3"]));
  });

  it("are rejected if a service does not run on each of them", () => {
    assert.throws(
      () => check(2, fleetOn(["node3"], ["node3", "node5"])),
      /the producers run on 1 of the 2 nodes of the step/,
    );
    assert.throws(() => check(1, fleetOn(["node3"], ["node5"])), /the consumers run on 0 of the 1 nodes/);
  });
});

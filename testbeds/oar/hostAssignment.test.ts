import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assignHosts, displacedNodes } from "./hostAssignment.ts";
import { cachedHostKeys, type ReservedMachine } from "./hostKeyCache.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));
const namesOf = (assigned: readonly ({ name: string } | undefined)[]) => assigned.map((each) => each?.name);
const NODES = ["node1", "node2", "node3", "node4"];

describe("the nodes of reserved machines", () => {
  it("are assigned in order at first", () =>
    assert.deepEqual(namesOf(assignHosts(NODES.slice(0, 2), named("x1", "y1"), {})), ["x1", "y1"]));

  it("stay the same; a new machine becomes an unassigned node", () => {
    const before = { node1: "x1", node2: "y1", node3: "y2" };
    const assigned = assignHosts(NODES, named("x1", "x2", "y1", "y2"), before);
    assert.deepEqual(namesOf(assigned), ["x1", "y1", "y2", "x2"]);
    assert.deepEqual(displacedNodes(NODES, assigned, before, new Set(["x1", "y1", "y2"])), []);
  });

  it("stay unassigned for machines that are not known yet", () =>
    assert.deepEqual(
      namesOf(assignHosts(NODES.slice(0, 3), [{ name: "x1" }, undefined, { name: "y1" }], { node3: "y1" })),
      ["x1", undefined, "y1"],
    ));

  it("are reported as displaced while their previous machine is reserved, and not afterwards", () => {
    const before = { node1: "x1", node2: "x2", node3: "y1", node4: "y2" };
    const three = NODES.slice(0, 3);
    const assigned = assignHosts(three, named("x1", "y1", "y2"), before);
    assert.deepEqual(namesOf(assigned), ["x1", "y2", "y1"]);
    const reserved = new Set(Object.values(before));
    assert.deepEqual(displacedNodes(three, assigned, before, reserved), ["node2 is x2 and would become y2"]);
    reserved.delete("x2");
    assert.deepEqual(displacedNodes(three, assigned, before, reserved), []);
  });

  it("are one for each machine, for any previous assignment", () => {
    const machines = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 4 });
    const earlier = fc.dictionary(fc.constantFrom(...NODES), fc.constantFrom("a", "b", "c", "d", "e"));
    fc.assert(
      fc.property(machines, earlier, (names, before) => {
        const assigned = namesOf(assignHosts(NODES.slice(0, names.length), named(...names), before));
        assert.deepEqual([...assigned].sort(), [...names].sort());
      }),
    );
  });
});

describe("host keys of reserved machines", () => {
  const machine = (name: string, job: number, site = ""): ReservedMachine => ({
    name,
    job,
    site,
    environment: undefined,
  });

  it("are scanned once for each job, at each site separately", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-test-"));
    const scans: string[] = [];
    const scan = async (machines: ReservedMachine[]) => {
      scans.push(machines.map(({ name, site }) => `${name}@${site}`).join());
      return new Map(machines.map(({ name, site }) => [name, [`key of ${name} at ${site}`]]));
    };
    try {
      const all = [machine("a", 1, "x"), machine("b", 1, "x"), machine("a", 1, "y")];
      const keys = await cachedHostKeys(folder, all, scan);
      assert.deepEqual(
        all.map((each) => keys.get(each)),
        [["key of a at x"], ["key of b at x"], ["key of a at y"]],
      );
      assert.deepEqual(scans, ["a@x,b@x", "a@y"]);
      await cachedHostKeys(folder, all, scan);
      assert.equal(scans.length, 2, "nothing is scanned again");
      await cachedHostKeys(folder, [machine("a", 2, "y")], scan);
      assert.deepEqual(scans.slice(2), ["a@y"], "another job may have installed another system");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

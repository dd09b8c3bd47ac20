import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { benchmarkSchema } from "../../../contract/workload.ts";
import type { FaultNode } from "../../../lib/faults/scripts.ts";
import { refusedFaults } from "./refusedFaults.ts";

const nodes = new Map(
  [1, 2, 3].map((number) => [
    `broker-${number}`,
    { name: `node${number}`, ssh: "ssh", sudo: "" } satisfies FaultNode,
  ]),
);
const here: FaultNode = { name: "here", ssh: "sh -c", sudo: "" };
const faults = (...list: object[]) =>
  benchmarkSchema.parse({ duration: "100 seconds", faults: list }).faults ?? assert.fail();

/** A check that finds nothing, and what it was asked for. */
function recorder() {
  const asked: string[] = [];
  const check = async ({ name }: FaultNode, needs: readonly string[]) => {
    asked.push(`${name}: ${needs.join(" ")}`);
    return "";
  };
  return { asked, check };
}

describe("faults that nodes cannot have", () => {
  it("are asked of the nodes that they may hit: with a role, of all", async () => {
    const { asked, check } = recorder();
    const list = faults(
      { at: 10, fault: "engine-kill", target: "broker 2" },
      { at: 30, fault: "broker-link", target: "leader of partition 0", duration: 5, delayMs: 20 },
      { at: 50, fault: "broker-link", target: "broker 1", duration: 5, rateMbit: 1 },
    );
    assert.deepEqual(await refusedFaults(list, { nodes, here, labels: [] }, check), []);
    assert.deepEqual(asked.sort(), [
      "node1: broker-link netem tbf",
      "node2: engine-kill broker-link netem",
      "node3: broker-link netem",
    ]);
  });

  it("include the killing of a node that is a machine of its own", async () => {
    const { asked, check } = recorder();
    const list = faults({ at: 10, fault: "node-kill", target: "follower of partition 0", duration: 5 });
    const local = new Map<string, FaultNode>(
      [...nodes].map(([broker, node]) => [broker, { ...node, container: `lab-${node.name}` }]),
    );
    local.set("broker-3", { name: "gros-7", ssh: "ssh", sudo: "" });
    assert.deepEqual(await refusedFaults(list, { nodes: local, here, labels: [] }, check), [
      "benchmark.faults: node-kill: gros-7 is not known to be a local node, and another one might not start again; use engine-kill, or if it is one, bring the stack up to date: pulumi up",
    ]);
    assert.deepEqual(asked.sort(), [
      "gros-7: node-kill",
      "here: here",
      "node1: node-kill",
      "node2: node-kill",
    ]);
  });

  it("are all named, each once", async () => {
    const check = async ({ name }: FaultNode) =>
      `broker-link the kernel has no netem\nengine-kill ${name} manages the swarm\n`;
    const list = faults(
      { at: 10, fault: "engine-kill", target: "broker 1" },
      { at: 30, fault: "broker-link", target: "broker 2", duration: 5, delayMs: 20 },
    );
    assert.deepEqual(await refusedFaults(list, { nodes, here, labels: [] }, check), [
      "benchmark.faults: broker-link: the kernel has no netem",
      "benchmark.faults: engine-kill: node1 manages the swarm",
      "benchmark.faults: engine-kill: node2 manages the swarm",
    ]);
  });
});

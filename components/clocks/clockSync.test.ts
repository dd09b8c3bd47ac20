import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { declareOnNodes, owner, type Program } from "../../test/support/deployment.ts";
import { outputValue } from "../../test/support/mocks.ts";
import { Swarm } from "../swarm/swarm.ts";
import { ClockSync } from "./clockSync.ts";

const settings = { kind: "ptpd", maxOffsetUs: 50, timeoutSec: 30, ntpServers: [] } as const;
const withClocks = () =>
  declareOnNodes(
    (nodes) => {
      const clocks = new ClockSync("clocks", { nodes, owner, settings: { ...settings, ntpServers: [] } });
      new Swarm("swarm", {
        nodes: clocks.nodes,
        owner,
        lifetime: nodes[0].machine,
        settings: {
          network: "overlay",
          addressPool: "10.176.0.0/16",
          drainTimeoutSec: 60,
          dataPathPort: 4789,
          registryPort: 5000,
        },
        state: { reports: new Map() },
      });
      return clocks;
    },
    ["monitor", "broker"],
  );

let program: Program<ClockSync>;
before(async () => {
  program = await withClocks();
});
const scriptOf = (name: string) => String(program.get(`Command ${name}`).inputs.stdin);

describe("ClockSync", () => {
  it("stores no inputs in the state, and registers its outputs", () => {
    const { inputs, completed } = program.get("ClockSync clocks");
    assert.deepEqual([inputs, completed], [{}, true]);
  });

  it("synchronises to the first node, and sets no clock that nodes share", () => {
    assert.match(scriptOf("node1-clock"), /^ROLE='master'$/m);
    assert.match(scriptOf("node2-clock"), /^ROLE='slave'$/m);
    for (const node of ["node1", "node2"]) assert.match(scriptOf(`${node}-clock`), /^ADJUST='no'$/m);
  });

  it("runs again on a replaced node, and on all nodes if the first one was replaced", () => {
    assert.match(scriptOf("node2-clock"), /^MACHINE='node2-ready'$/m);
    assert.match(scriptOf("node2-clock-near"), /^MARKS='.*node1-ready.*node2-ready'$/m);
    assert.match(scriptOf("node1-clock-near"), /^MARKS='.*node1-ready'$/m);
  });

  it("is removed from a node that stays, and runs nothing on a deleted one", () => {
    for (const node of ["node1", "node2"]) {
      const { inputs, deletedWith } = program.get(`Command ${node}-clock`);
      assert.match(String(inputs.delete), /swarmbench-clock/);
      assert.equal(deletedWith, `Machine ${node}`);
    }
    assert.equal(program.get("Command node2-clock-near").inputs.delete, undefined);
  });

  it("waits with the configured bound and timeout, and reports progress", () => {
    assert.match(scriptOf("node2-clock-near"), /^MAX_US='50'$/m);
    assert.match(scriptOf("node2-clock-near"), /^TIMEOUT='30'$/m);
    assert.equal(program.get("Command node2-clock-near").inputs.logging, "stderr");
    assert.equal(program.get("Command node2-clock").inputs.logging, "stderr");
  });

  it("is ready when every clock is within the bound", async () => {
    assert.equal(
      await outputValue(program.result.ready),
      "node1 node1-clock-near-printed\nnode2 node2-clock-near-printed",
    );
  });

  it("lets a node join the swarm after the status folder exists, without waiting for the clocks", () => {
    for (const joined of ["node1-init", "node2-join"]) {
      const waited = program.waitsFor(`Command ${joined}`);
      assert.ok(waited.has(`Command ${joined.replace(/-.*/, "-clock")}`), joined);
      assert.ok(![...waited].some((name) => name.endsWith("-clock-near")), joined);
    }
  });

  it("keeps the text that identifies the machine", async () => {
    assert.deepEqual(await Promise.all(program.result.nodes.map(({ ready }) => outputValue(ready))), [
      "node1-ready",
      "node2-ready",
    ]);
  });

  it("declares no readable secret", () => assert.deepEqual(program.leaks, []));
});

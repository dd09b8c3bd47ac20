import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { declareOnNodes, owner, type Program } from "../../test/support/deployment.ts";
import { known } from "../../test/support/mocks.ts";
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
        settings: { addressPool: "10.176.0.0/16", drainTimeoutSec: 60, registryPort: 5000 },
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
  it("keeps no input in the state, and registers its outputs", () => {
    const { inputs, completed } = program.get("ClockSync clocks");
    assert.deepEqual([inputs, completed], [{}, true]);
  });

  it("has the first node's clock followed by the others, none of which is set where it is shared", () => {
    assert.match(scriptOf("node1-clock"), /^ROLE='master'$/m);
    assert.match(scriptOf("node2-clock"), /^ROLE='slave'$/m);
    for (const node of ["node1", "node2"]) assert.match(scriptOf(`${node}-clock`), /^ADJUST='no'$/m);
  });

  it("runs again on a node that was made anew, and looks again at the others where the first one was", () => {
    assert.match(scriptOf("node2-clock"), /^MACHINE='node2-ready'$/m);
    assert.match(scriptOf("node2-clock-near"), /^MARKS='.*node1-ready.*node2-ready'$/m);
    assert.match(scriptOf("node1-clock-near"), /^MARKS='.*node1-ready'$/m);
  });

  it("is taken off a node that stays, and asks none that goes", () => {
    for (const node of ["node1", "node2"]) {
      const { inputs, deletedWith } = program.get(`Command ${node}-clock`);
      assert.match(String(inputs.delete), /swarmbench-clock/);
      assert.equal(deletedWith, `Machine ${node}`);
    }
    assert.equal(program.get("Command node2-clock-near").inputs.delete, undefined);
  });

  it("waits with the bound and the time that are set, and tells of its waiting", () => {
    assert.match(scriptOf("node2-clock-near"), /^MAX_US='50'$/m);
    assert.match(scriptOf("node2-clock-near"), /^TIMEOUT='30'$/m);
    assert.equal(program.get("Command node2-clock-near").inputs.logging, "stderr");
    assert.equal(program.get("Command node2-clock").inputs.logging, "none");
  });

  it("is ready when every clock is near enough", async () => {
    assert.equal(
      await known(program.result.ready),
      "node1 node1-clock-near-printed\nnode2 node2-clock-near-printed",
    );
  });

  it("lets a node into the swarm once the status folder is there, without waiting for the clocks", () => {
    for (const joined of ["node1-init", "node2-join"]) {
      const waited = program.waitsFor(`Command ${joined}`);
      assert.ok(waited.has(`Command ${joined.replace(/-.*/, "-clock")}`), joined);
      assert.ok(![...waited].some((name) => name.endsWith("-clock-near")), joined);
    }
  });

  it("leaves the text that tells machines apart as it is", async () => {
    assert.deepEqual(await Promise.all(program.result.nodes.map(({ ready }) => known(ready))), [
      "node1-ready",
      "node2-ready",
    ]);
  });

  it("lets no secret be read in what is declared", () => assert.deepEqual(program.leaks, []));
});

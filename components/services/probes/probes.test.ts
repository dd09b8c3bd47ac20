import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { declareOn, imageOf, type Program } from "../../../test/support/deployment.ts";
import { Probes } from "./probes.ts";

let declared: Program<Probes>;
before(async () => {
  declared = await declareOn((deployment) => new Probes("probes", { deployment }));
});
const specOf = (name: string) =>
  declared.get(`Service ${name}`).inputs as { mode: object; endpointSpec: object };

describe("the probes", () => {
  for (const [name, network] of [
    ["probes", "overlay"],
    ["probes-host", "host"],
  ] as const) {
    it(`(${name}) are on every node, run the bench image, and publish nothing`, () => {
      const { image, args } = declared.container(name);
      assert.deepEqual([image, args], [imageOf("bench"), ["probe", network]]);
      assert.deepEqual(specOf(name).mode, { global: true });
      assert.deepEqual(specOf(name).endpointSpec, { mode: "dnsrr", ports: [] });
    });
  }

  it("are on the nodes' own network, by its name, and keep it at an update", () => {
    const { inputs, ignoreChanges } = declared.get("Service probes-host");
    assert.deepEqual((inputs.taskSpec as { networksAdvanceds: object }).networksAdvanceds, [
      { name: "host" },
    ]);
    assert.ok(!ignoreChanges.includes("taskSpec.networksAdvanceds"));
  });

  it("share a folder of their node, and read the state of its clock", () => {
    const probe = "/var/lib/swarmbench/probe";
    const clock = "/var/lib/swarmbench/clock";
    const shared = { type: "bind", source: probe, target: probe, readOnly: false };
    assert.deepEqual(declared.container("probes-host").mounts, [shared]);
    assert.deepEqual(declared.container("probes").mounts, [
      shared,
      { type: "bind", source: clock, target: clock, readOnly: true },
    ]);
  });

  it("start once every node has the folders and its own address in them", () => {
    const { inputs } = declared.get("Command node2-probes");
    assert.match(String(inputs.stdin), /^ADDRESS='10\.9\.8\.11'$/m);
    assert.match(String(inputs.stdin), /install -d -o "\$OWNER" -g "\$OWNER" -m 0700 "\$PROBE"/);
    for (const name of ["probes", "probes-host"]) {
      assert.ok(declared.waitsFor(`Service ${name}`).has("Command node5-probes"), name);
    }
  });
});

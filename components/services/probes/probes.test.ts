import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { declareOn, imageOf, type Program } from "../../../test/support/deployment.ts";
import { StackToken } from "../token/token.ts";
import { Probes } from "./probes.ts";

let declared: Program<Probes>;
before(async () => {
  declared = await declareOn((deployment) => {
    const token = new StackToken("token", { deployment, rotation: 0 });
    return new Probes("probes", { deployment, token });
  });
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

  it("are on the nodes' own network, by its id, and keep it at an update", () => {
    const { inputs, ignoreChanges } = declared.get("Service probes-host");
    assert.deepEqual((inputs.taskSpec as { networksAdvanceds: object }).networksAdvanceds, [
      { id: "host-network-printed" },
    ]);
    assert.ok(!ignoreChanges.includes("taskSpec.networksAdvanceds"));
  });

  it("use the id that the stack has looked up if brokers and agents use that network too", async () => {
    const onHost = await declareOn(
      (deployment) => {
        const token = new StackToken("token", { deployment, rotation: 0 });
        return new Probes("probes", { deployment, token });
      },
      { network: "host" },
    );
    assert.equal(onHost.all("Command").filter(({ name }) => name === "host-network").length, 1);
    assert.equal(onHost.get("Command host-network").parent?.includes("Probes") ?? false, false);
    assert.deepEqual(
      onHost.get("Service probes-host").inputs.taskSpec,
      declared.get("Service probes-host").inputs.taskSpec,
    );
  });

  it("share a folder of their node, and read the state of its clock", () => {
    const probe = "/var/lib/swarmbench/probe";
    const readOnly = (folder: string) => ({ type: "bind", source: folder, target: folder, readOnly: true });
    const shared = { type: "bind", source: probe, target: probe, readOnly: false };
    assert.deepEqual(declared.container("probes-host").mounts, [
      shared,
      readOnly("/var/lib/swarmbench/node"),
    ]);
    assert.deepEqual(declared.container("probes").mounts, [
      shared,
      readOnly("/var/lib/swarmbench/clock"),
      { ...readOnly("/var/lib/swarmbench/cgroups"), source: "/sys/fs/cgroup" },
    ]);
  });

  it("have the stack's token as a secret if they listen on the network", () => {
    const [secret] = declared.container("probes").secrets as { fileName: string }[];
    assert.equal(secret?.fileName, "/run/secrets/swarmbench_token");
    assert.deepEqual(declared.container("probes-host").secrets, []);
    assert.deepEqual(declared.leaks, []);
  });

  it("own a folder in which root writes nothing; root's files are in a folder of root's", () => {
    const stdin = String(declared.get("Command node2-probes").inputs.stdin);
    const written = stdin.split("\n").filter((line) => />|^mv /.test(line));
    assert.deepEqual(
      written.filter((line) => line.includes("$PROBE")),
      [],
    );
    assert.match(stdin, /^FACTS='\/var\/lib\/swarmbench\/node'$/m);
    assert.match(stdin, /install -d -o 0 -g 0 -m 0755 "\$FACTS"/);
  });

  it("start once every node has the folders and its own address in them", () => {
    const { inputs } = declared.get("Command node2-probes");
    assert.match(String(inputs.stdin), /^ADDRESS='10\.9\.8\.11'$/m);
    assert.match(String(inputs.stdin), /^NODES='10\.9\.8\.10\n10\.9\.8\.11\n(.*\n)*10\.9\.8\.14'$/m);
    assert.match(String(inputs.stdin), /install -d -o "\$OWNER" -g "\$OWNER" -m 0700 "\$PROBE"/);
    for (const name of ["probes", "probes-host"]) {
      assert.ok(declared.waitsFor(`Service ${name}`).has("Command node5-probes"), name);
    }
  });
});

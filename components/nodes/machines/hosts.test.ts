import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { NodeSettings } from "../../../config/nodes.ts";
import { declare } from "../../../test/support/mocks.ts";
import { HostsTestbed, type UsableHost } from "./hosts.ts";
import { parseReport } from "./report.ts";

const REPORT = [
  "time=1",
  "uid=0",
  "user=root",
  "arch=x86_64",
  "kernel=Linux",
  "machine=m",
  "os=Debian",
  "cpus=4",
  "memoryMiB=8000",
  "freeMiB=9000",
  "setsClock=yes",
  "init=systemd",
  "packager=apt-get",
  "complete=yes",
];

function host(index: number, more: string[] = []): UsableHost {
  const node: NodeSettings = { name: `node${index}`, role: "agent", labels: { rack: "a" } };
  const user = index === 2 ? "ann" : "root";
  return {
    host: {
      node,
      address: `h${index}`,
      access: { by: "settings", port: 22, user, acceptNewHostKeys: false },
    },
    ssh: { host: node.name, configFile: `/ssh/${node.name}.config`, sudo: user !== "root" },
    address: `10.0.0.${index}`,
    report: parseReport([...REPORT, `hostname=alpha${index}`, ...more].join("\n")),
  };
}

const owner = { prefix: "swarmbench-ann-lab", directory: "/home/ann" };
const PREPARED = ["owner=me", "docker=Docker 20.10", "engine=E 20.10 active n", "mark=s"];

function declareHosts(hosts: [UsableHost, ...UsableHost[]], cleanup: "stack" | "full" = "stack") {
  const settings = { addressPool: "10.177.0.0/16", cleanup, minNodes: hosts.length };
  const args = {
    hosts,
    settings,
    owner,
    ownerLine: "me",
    registryPort: 5000,
    registryImage: "swarmbench/registry",
  };
  return declare(
    () => new HostsTestbed("testbed", args),
    () => ({ stdout: "printed" }),
  );
}

describe("prepared machines", () => {
  let program: Awaited<ReturnType<typeof declareHosts>>;
  const hosts = Array.from({ length: 12 }, (_, index) => host(index + 1));
  const inputs = (name: string) => program.resources.get(`Command ${name}`)?.inputs ?? assert.fail(name);
  before(async () => {
    program = await declareHosts(hosts as [UsableHost, ...UsableHost[]]);
  });

  it("have their own host names, labels and clocks", () => {
    const [first] = program.result.nodes;
    assert.deepEqual(
      [first.name, first.hostname, first.address, first.labels, first.ownClock],
      ["node1", "alpha1", "10.0.0.1", { rack: "a" }, true],
    );
  });

  it("are prepared as root, with scripts sent through standard input", () => {
    const { create, stdin } = inputs("node2-prepared");
    assert.match(String(create), /REMOTE='sudo -n sh -s'/);
    assert.match(String(stdin), /^NODE='node2'$[\s\S]*^USER_NAME='ann'$/m);
    assert.match(String(stdin), /^REGISTRY='10\.0\.0\.1:5000'$/m);
  });

  it("trust the manager's registry, and loopback as before", () => {
    for (const { host: each } of hosts) {
      const [, daemon = ""] =
        /^DAEMON='([^']*)'$/m.exec(String(inputs(`${each.node.name}-prepared`).stdin)) ?? [];
      assert.deepEqual(JSON.parse(daemon)["insecure-registries"], [
        "127.0.0.0/8",
        "::1/128",
        "10.0.0.1:5000",
      ]);
    }
  });

  it("are all cleaned with limited concurrency when the testbed is deleted; one that does not answer blocks nothing", () => {
    const script = String(inputs("testbed-lifetime").stdin);
    for (const { host: each } of hosts) assert.ok(script.includes(`/ssh/${each.node.name}.config`));
    assert.match(script, /reap\n[\s\S]*reap\n/);
    assert.match(script, /and was not cleaned/);
  });

  it("are cleaned one by one when they are removed from the stack", () => {
    const script = String(inputs("node7-machine").stdin);
    assert.ok(script.includes("/ssh/node7.config") && !script.includes("/ssh/node6.config"));
  });
});

describe("a machine is prepared again", () => {
  const isPreparedAgain = async (more: string[]) => {
    const { resources } = await declareHosts([host(1, more)]);
    return resources.get("Command node1-prepared")?.ignoreChanges.length === 0;
  };

  it("if it was not prepared, or its engine does not answer", async () => {
    assert.equal(await isPreparedAgain([]), true);
    assert.equal(await isPreparedAgain(["owner=me", "docker=Docker 20.10"]), true);
  });

  it("and not if it is healthy", async () => {
    assert.equal(await isPreparedAgain(PREPARED), false);
  });

  it("nor because swarmbench has configured its engine already", async () => {
    const once = await declareHosts([host(1)]);
    const [, daemon = ""] =
      /^DAEMON='([^']*)'$/m.exec(String(once.resources.get("Command node1-prepared")?.inputs.stdin)) ?? [];
    const installed = [
      ...PREPARED,
      "installed=docker.io",
      `daemon=${Buffer.from(daemon).toString("base64")}`,
    ];
    const again = await declareHosts([host(1, installed)]);
    assert.equal(
      again.resources.get("Command node1-prepared")?.inputs.stdin,
      once.resources.get("Command node1-prepared")?.inputs.stdin,
    );
  });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { daemonConfig } from "./daemon.ts";
import type { Host } from "./host.ts";
import { type Inspection, inspectAll, inspectScript } from "./inspect.ts";
import { duplicateHostNames } from "./open.ts";
import {
  dataAddressOf,
  errorsOf,
  parseReport,
  type Report,
  type Requirements,
  warningsOf,
} from "./report.ts";

const host = (more: Partial<Host> = {}, name = "node1"): Host => ({
  node: { name, role: "agent" },
  address: "a.example",
  access: { by: "settings", port: 22, user: "root", acceptNewHostKeys: false },
  ...more,
});

/** The report of a machine without Docker and without errors. */
const LINES = [
  "time=1700000000.5",
  "uid=0",
  "user=root",
  "arch=x86_64",
  "hostname=alpha",
  "kernel=Linux 6.1",
  "machine=abc",
  "os=Debian GNU/Linux 12 (bookworm)",
  "cpus=4",
  "memoryMiB=7900",
  "freeMiB=50000",
  "setsClock=yes",
  "init=systemd",
  "packager=apt-get",
  "outgoing=192.168.1.10",
  "address=192.168.1.10/24 eth0",
  "address=10.5.0.10/16 eth1",
  "route=192.168.1.0/24 eth0",
  "route=10.5.0.0/16 eth1",
  "complete=yes",
];
const report = (...more: string[]): Report => parseReport([...LINES, ...more].join("\n"));
const requirements: Requirements = {
  owner: "me",
  networks: [
    { name: "swarmbench:testbed.addressPool", network: "10.177.0.0/16" },
    { name: "swarmbench:swarm.addressPool", network: "10.176.0.0/16" },
  ],
  ports: [2377, 7946, 5000],
  arch: "x86_64",
  engine: {},
};
const errorsWith = (...more: string[]) => errorsOf(host(), report(...more), requirements);

describe("an inspection of this machine", () => {
  it("reports every field, and finds no owner", () => {
    const text = execFileSync("sh", ["-s"], {
      input: inspectScript(["2377/tcp"]),
      encoding: "utf8",
    });
    const here = parseReport(text);
    assert.ok(here.cpus > 0 && here.memoryMiB > 0 && here.freeMiB > 0);
    assert.ok(Math.abs(here.time - Date.now() / 1_000) < 60);
    assert.equal(here.owner, undefined);
  });
});

/** What to do: each error has one of these. */
const REMEDY = /\b(allow|change|destroy|free some|install|leave|remove|start it|stop it|use)\b/;

describe("the errors of a machine", () => {
  it("are empty for a healthy machine without Docker", () => {
    assert.deepEqual(errorsWith(), []);
  });

  for (const [what, line, message] of [
    ["a user who is not root", "uid=1000", /sudo does not make its user root/],
    ["another stack", "owner=somebody", /used by another stack \(somebody\).*sudo sh .*\/clean/],
    ["a foreign swarm", "engine=ID 20.10 active n1", /already in a swarm that this stack did not create/],
    [
      "an architecture that the images do not run on",
      "arch=aarch64",
      /another architecture \(aarch64\).*\(x86_64\)/,
    ],
    [
      "an engine's configuration that is no JSON",
      `daemon=${Buffer.from("{ broken").toString("base64")}`,
      /daemon\.json is not a JSON object: correct or remove the file/,
    ],
    [
      "an engine's flag that swarms do not allow",
      `dockerd=${Buffer.from("/usr/bin/dockerd\0--iptables=false\0").toString("base64")}`,
      /may not set firewall rules/,
    ],
    ["podman under Docker's name", "docker=podman version 4", /its docker command is podman/],
    [
      "a foreign volume with a name that the stack needs",
      "taken=volume influxdb",
      /already has a volume influxdb/,
    ],
    ["too little disk space", "freeMiB=100", /has 100 MiB free in .* 3000 are needed/],
    ["too little memory", "memoryMiB=100", /has 100 MiB of memory/],
    ["a program that listens on a port that the stack needs", "listens=1388", /listens on port 5000/],
    [
      "a route into a network that the stack needs",
      "route=10.177.3.0/24 eth2",
      /10\.177\.3\.0\/24 through eth2/,
    ],
  ] as [string, string, RegExp][]) {
    it(`include ${what}, and what to do`, () => {
      const errors = errorsWith(line);
      assert.equal(errors.length, 1, errors.join("\n"));
      assert.match(errors[0] ?? "", message);
      assert.match(errors[0] ?? "", REMEDY);
    });
  }

  it("do not include the stack's own swarm, ports and routes", () => {
    const own = [
      "owner=me",
      "mark=swarm1",
      "engine=ID 20.10 active n1",
      "markNode=n1",
      "docker=Docker 20.10",
    ];
    assert.deepEqual(errorsWith(...own, "listens=1388", "route=10.177.0.0/24 docker0"), []);
  });

  it("include that the machine is another node of this stack", () => {
    const moved = report("owner=me", "node=node4");
    assert.match(
      errorsOf(host(), moved, requirements).join(),
      /is node4 of this stack: remove machines only at the end/,
    );
    assert.deepEqual(errorsOf(host(), report("owner=me", "node=node1"), requirements), []);
  });

  it("include another swarm that the machine has joined since", () => {
    const now = ["owner=me", "mark=swarm1", "markNode=n1", "engine=ID 20.10 active n2"];
    assert.match(errorsWith(...now).join(), /already in a swarm that this stack did not create/);
  });

  it("include that Docker is missing and cannot be installed", () => {
    const bare = parseReport(LINES.filter((line) => !line.startsWith("packager")).join("\n"));
    assert.match(errorsOf(host(), bare, requirements).join(), /none of apt-get, dnf and yum/);
  });

  it("include an engine whose oldest API is too new for the manager's provider", () => {
    const info = Buffer.from('{"ServerVersion":"29.0.4"}').toString("base64");
    const lines = report("engine=ID 29.0.4 inactive ", `engineInfo=${info}`, "oldestApi=1.44");
    const needs = { ...requirements, engine: { newestApi: "1.41" } };
    assert.match(errorsOf(host(), lines, needs).join(), /29\.0\.4 is too new/);
    assert.deepEqual(errorsOf(host(), lines, requirements), []);
  });

  it("include an interface that carries smaller packets than the configured MTU", () => {
    const lines = report("mtu=eth0 1460", "mtu=eth1 9000");
    const errors = (mtu: number, more = {}) => errorsOf(host(more), lines, { ...requirements, mtu });
    assert.match(
      errors(1500).join(),
      /its eth0 carries packets of 1460 bytes, less than swarmbench:swarm\.mtu/,
    );
    assert.deepEqual([errors(1460), errors(9000, { dataNetwork: "10.5.0.0/16" })], [[], []]);
  });

  it("are all reported at once", () => {
    assert.equal(errorsWith("uid=1000", "freeMiB=1", "memoryMiB=1").length, 3);
  });
});

describe("the address between the nodes", () => {
  it("is the configured one, if the machine has it", () => {
    assert.equal(dataAddressOf(host({ dataAddress: "10.5.0.10" }), report()), "10.5.0.10");
    const other = host({ dataAddress: "10.5.0.99" });
    assert.equal(dataAddressOf(other, report()), undefined);
    assert.match(
      errorsOf(other, report(), requirements).join(),
      /does not have the address 10\.5\.0\.99, but 192\.168\.1\.10/,
    );
  });

  it("is the one in the configured network", () => {
    assert.equal(dataAddressOf(host({ dataNetwork: "10.5.0.0/16" }), report()), "10.5.0.10");
    const none = host({ dataNetwork: "10.6.0.0/16" });
    assert.match(
      errorsOf(none, report(), requirements).join(),
      /no address in testbed\.dataNetwork 10\.6\.0\.0\/16/,
    );
  });

  it("is otherwise the one that ssh connects to, or the source address of outgoing connections", () => {
    assert.equal(dataAddressOf(host({ address: "10.5.0.10" }), report()), "10.5.0.10");
    assert.equal(dataAddressOf(host(), report()), "192.168.1.10");
  });

  it("must be configured if there are several and no outgoing one; Docker's own do not count", () => {
    const inside = parseReport([...LINES.filter((line) => !line.startsWith("outgoing"))].join("\n"));
    assert.equal(dataAddressOf(host(), inside), undefined);
    assert.match(errorsOf(host(), inside, requirements).join(), /192\.168\.1\.10, 10\.5\.0\.10: choose one/);
    const one = LINES.filter((line) => !line.startsWith("outgoing") && !line.includes("eth1"));
    const bridged = parseReport([...one, "address=172.17.0.1/16 docker0"].join("\n"));
    assert.equal(dataAddressOf(host(), bridged), "192.168.1.10");
  });
});

describe("the warnings of a machine", () => {
  const warnings = (lines: Report, offset = { sec: 0, errorSec: 0.01 }, mtu?: number) =>
    warningsOf(host(), lines, offset, { mtu });

  it("include an interface that carries less than the overlay network sends, unless its MTU is configured", () => {
    const cloud = report("mtu=eth0 1460", "mtu=eth1 9000");
    assert.match(
      warnings(cloud).join(),
      /its eth0 carries packets of 1460 bytes.*set swarmbench:swarm\.mtu to 1460/,
    );
    assert.deepEqual(warnings(cloud, undefined, 1460), []);
    assert.deepEqual(warnings(report("mtu=eth0 1500")), []);
  });

  it("include control groups of a version that the engine will give up", () => {
    const engine = "engine=ID 29.0.4 inactive ";
    assert.match(
      warnings(report("cgroup=1", engine)).join(),
      /version 1, which Docker 29\.0\.4 still supports/,
    );
    assert.deepEqual(warnings(report("cgroup=2", engine)), []);
    assert.deepEqual(warnings(report("cgroup=1", "engine=ID 20.10.24 inactive ")), []);
  });

  it("include a clock that is wrong, but not one that may be right", () => {
    assert.match(warnings(report(), { sec: -7.25, errorSec: 0.1 }).join(), /clock is behind .* by 7\.3 s/);
    assert.deepEqual(warnings(report(), { sec: 3, errorSec: 2.5 }), []);
  });

  it("include missing kernel modules and ports that a firewall may block", () => {
    assert.match(warnings(report("lacks=vxlan")).join(), /may lack vxlan/);
    const closed = warnings(report("closed=ufw 2377/tcp", "closed=ufw 4789/udp"));
    assert.match(closed.join(), /firewall \(ufw\) may block 2377\/tcp, 4789\/udp/);
  });
});

describe("duplicate machines", () => {
  it("are detected by their host name", () => {
    const inspection = (name: string, hostname: string): Inspection => ({
      host: host({}, name),
      offset: { sec: 0, errorSec: 0 },
      result: { ...report(), hostname },
    });
    const duplicates = duplicateHostNames([
      inspection("node1", "a"),
      inspection("node2", "b"),
      inspection("node3", "a"),
    ]);
    assert.deepEqual([...duplicates.keys()], ["node3"]);
    assert.match(duplicates.get("node3") ?? "", /same host name as node1 \(a\)/);
  });
});

const failureOf = (inspection: Inspection | undefined) =>
  inspection?.result instanceof Error ? inspection.result.message : "none";

describe("inspecting many machines", () => {
  const hosts = Array.from({ length: 30 }, (_, index) => host({}, `node${index + 1}`));
  const endpoints = new Map(
    hosts.map(({ node }) => [node.name, { host: node.name, configFile: "/c", sudo: false }]),
  );
  const answer = { code: 0, stdout: LINES.join("\n"), stderr: "", timedOut: false };
  const options = (ask: Parameters<typeof inspectAll>[1]["ask"]) => ({
    ask,
    endpoints,
    firewallPorts: [],
    maySudoG5k: false,
    now: Date.now,
    sleep: async () => {},
    progress: () => {},
  });

  it("has limited concurrency, and returns the results in order", async () => {
    let [now, most] = [0, 0];
    const results = await inspectAll(
      hosts,
      options(async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise(setImmediate);
        now -= 1;
        return answer;
      }),
    );
    assert.equal(most, 8);
    assert.deepEqual(
      results.map(({ host: { node } }) => node.name),
      hosts.map(({ node }) => node.name),
    );
  });

  it("is retried if sshd drops the connection, and not if it rejects the login", async () => {
    const tries = new Map<string, number>();
    const results = await inspectAll(
      hosts.slice(0, 2),
      options(async (_, args) => {
        const name = args.at(-2) ?? "";
        tries.set(name, (tries.get(name) ?? 0) + 1);
        const busy = {
          ...answer,
          code: 255,
          stdout: "",
          stderr: "kex_exchange_identification: reset by peer",
        };
        const denied = { ...busy, stderr: "root@a: Permission denied (publickey)." };
        if (name === "node2") return denied;
        return tries.get(name) === 3 ? answer : busy;
      }),
    );
    assert.deepEqual([...tries.values()], [3, 1]);
    assert.ok(!(results[0]?.result instanceof Error));
    assert.match(failureOf(results[1]), /SSH login was rejected .*testbed\.user and testbed\.key/);
  });

  it("runs sudo-g5k once, if it is allowed", async () => {
    const asked: string[] = [];
    const denied = { ...answer, code: 1, stdout: "", stderr: "sudo: a password is required" };
    const ask = async (_: string, args: string[]) => {
      asked.push(args.at(-1) ?? "");
      return asked.length === 3 ? answer : asked.length === 2 ? { ...answer, stdout: "" } : denied;
    };
    const node = { ...endpoints.get("node1"), host: "node1", configFile: "/c", sudo: true };
    const [one] = await inspectAll(hosts.slice(0, 1), {
      ...options(ask),
      maySudoG5k: true,
      endpoints: new Map([["node1", node]]),
    });
    assert.equal(failureOf(one), "none");
    assert.deepEqual(asked, ["sudo -n sh -s", "sh -s", "sudo -n sh -s"]);
  });

  for (const [what, stderr, message] of [
    ["no sudo", "sudo: a password is required", /may not use sudo without a password/],
    [
      "another host key",
      "Host key verification failed.",
      /host key is unknown or has changed.*acceptNewHostKeys/,
    ],
    ["no connection", "ssh: Could not resolve hostname a", /cannot connect .*try: ssh -F \/c node1/],
  ] as [string, string, RegExp][]) {
    it(`says what to do about ${what}`, async () => {
      const ask = async () => ({ ...answer, code: 255, stdout: "", stderr });
      const [one] = await inspectAll(hosts.slice(0, 1), options(ask));
      assert.match(failureOf(one), message);
    });
  }
});

describe("the engine's configuration", () => {
  const args = { node: "node1", addressPool: "10.177.0.0/16", registry: "10.0.0.1:5000" };
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

  it("of a newly installed engine has the configured networks and limited logs", () => {
    const config = JSON.parse(daemonConfig({ ...args, current: undefined, installedHere: true }));
    assert.equal(config.bip, "10.177.0.1/24");
    assert.deepEqual(config["default-address-pools"], [{ base: "10.177.0.0/16", size: 24 }]);
    assert.deepEqual(config["insecure-registries"], ["127.0.0.0/8", "::1/128", "10.0.0.1:5000"]);
    assert.ok(config["log-opts"]["max-size"]);
  });

  it("of an existing engine only gets the registry added", () => {
    const before = { bip: "172.30.0.1/16", "insecure-registries": ["mine:1"] };
    const config = JSON.parse(daemonConfig({ ...args, current: base64(before), installedHere: false }));
    assert.deepEqual(config, { ...before, "insecure-registries": ["mine:1", "10.0.0.1:5000"] });
  });

  it("trusts loopback as before, which Docker 29.10 takes from the list, unless its owner has listed others", () => {
    const registries = (before: unknown) => {
      const current = base64({ "insecure-registries": before });
      return JSON.parse(daemonConfig({ ...args, current, installedHere: false }))["insecure-registries"];
    };
    const loopback = ["127.0.0.0/8", "::1/128"];
    assert.deepEqual(registries(undefined), [...loopback, args.registry]);
    assert.deepEqual(
      registries([args.registry]),
      [...loopback, args.registry],
      "written by an earlier version",
    );
    assert.deepEqual(registries([]), [args.registry]);
    assert.deepEqual(registries(["mine:1"]), ["mine:1", args.registry]);
  });

  it("does not change when it is applied again", () => {
    for (const installedHere of [true, false]) {
      const once = daemonConfig({ ...args, current: base64({ debug: true }), installedHere });
      const again = daemonConfig({ ...args, current: Buffer.from(once).toString("base64"), installedHere });
      assert.equal(again, once);
    }
  });

  it("that cannot be read is not overwritten", () => {
    const current = Buffer.from("{ broken").toString("base64");
    assert.throws(() => daemonConfig({ ...args, current, installedHere: false }), {
      message: "node1: /etc/docker/daemon.json is not a JSON object",
    });
  });
});

describe("an inspection that prints names which every object has", () => {
  for (const line of ["constructor=x", "__proto__=x", "toString=x", "hasOwnProperty=x"]) {
    it(`is read as if it had not: ${line}`, () => assert.deepEqual(report(line), report()));
  }
});

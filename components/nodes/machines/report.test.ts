import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { daemonConfig } from "./daemon.ts";
import type { Host } from "./host.ts";
import { type Inspection, inspectAll, inspectScript } from "./inspect.ts";
import { sameMachines } from "./open.ts";
import { dataAddressOf, errors, parseReport, type Report, remarks, type Wanted } from "./report.ts";

const host = (more: Partial<Host> = {}, name = "node1"): Host => ({
  node: { name, role: "agent" },
  address: "a.example",
  way: { by: "ours", port: 22, user: "root", acceptNewHostKeys: false },
  ...more,
});

/** A bare machine with which all is well. */
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
  "looked=yes",
];
const report = (...more: string[]): Report => parseReport([...LINES, ...more].join("\n"));
const wanted: Wanted = {
  owner: "me",
  networks: [
    { name: "swarmbench:testbed.addressPool", network: "10.177.0.0/16" },
    { name: "swarmbench:swarm.addressPool", network: "10.176.0.0/16" },
  ],
  ports: [2377, 7946, 5000],
  arch: "x86_64",
};
const found = (...more: string[]) => errors(host(), report(...more), wanted);

describe("a look at this very machine", () => {
  it("tells all that is asked of a machine, and changes nothing", () => {
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

describe("what stands in the way of a machine", () => {
  it("is nothing where it is bare and well", () => {
    assert.deepEqual(found(), []);
  });

  for (const [what, line, message] of [
    ["a user who is not root", "uid=1000", /sudo does not make root/],
    ["another stack", "owner=somebody", /used by another stack \(somebody\).*sudo sh .*\/clean/],
    [
      "a swarm that we did not create",
      "engine=ID 20.10 active n1",
      /already in a swarm that this stack did not create/,
    ],
    ["a kind of machine that the images do not run on", "arch=aarch64", /another kind \(aarch64\).* x86_64/],
    ["podman under Docker's name", "docker=podman version 4", /has podman/],
    ["a volume of its own with a name of ours", "taken=volume influxdb", /has a volume influxdb of its own/],
    ["too little room", "freeMiB=100", /has 100 MiB free .* 3000 are needed/],
    ["too little memory", "memoryMiB=100", /has 100 MiB of memory/],
    ["something that listens on a port of ours", "listens=1388", /listens on port 5000/],
    [
      "a route into a network that is to be ours",
      "route=10.177.3.0/24 eth2",
      /10\.177\.3\.0\/24 through eth2/,
    ],
  ] as [string, string, RegExp][]) {
    it(`is ${what}`, () => {
      const all = found(line);
      assert.equal(all.length, 1, all.join("\n"));
      assert.match(all[0] ?? "", message);
    });
  }

  it("is not our own swarm, nor what we listen on and route there", () => {
    const ours = [
      "owner=me",
      "mark=swarm1",
      "engine=ID 20.10 active n1",
      "markNode=n1",
      "docker=Docker 20.10",
    ];
    assert.deepEqual(found(...ours, "listens=1388", "route=10.177.0.0/24 docker0"), []);
  });

  it("is that it is another node of this stack", () => {
    const moved = report("owner=me", "node=node4");
    assert.match(
      errors(host(), moved, wanted).join(),
      /is node4 of this stack: only take machines off the end/,
    );
    assert.deepEqual(errors(host(), report("owner=me", "node=node1"), wanted), []);
  });

  it("is another swarm that it was put into since", () => {
    const now = ["owner=me", "mark=swarm1", "markNode=n1", "engine=ID 20.10 active n2"];
    assert.match(found(...now).join(), /already in a swarm that this stack did not create/);
  });

  it("is that Docker can neither be found nor installed", () => {
    const bare = parseReport(LINES.filter((line) => !line.startsWith("packager")).join("\n"));
    assert.match(errors(host(), bare, wanted).join(), /none of apt-get, dnf and yum/);
  });

  it("is all of it at once", () => {
    assert.equal(found("uid=1000", "freeMiB=1", "memoryMiB=1").length, 3);
  });
});

describe("the address between the nodes", () => {
  it("is the one that is given, if the machine has it", () => {
    assert.equal(dataAddressOf(host({ dataAddress: "10.5.0.10" }), report()), "10.5.0.10");
    const other = host({ dataAddress: "10.5.0.99" });
    assert.equal(dataAddressOf(other, report()), undefined);
    assert.match(
      errors(other, report(), wanted).join(),
      /has not the address 10\.5\.0\.99, but 192\.168\.1\.10, |has not/,
    );
  });

  it("is the one in the network that is given", () => {
    assert.equal(dataAddressOf(host({ dataNetwork: "10.5.0.0/16" }), report()), "10.5.0.10");
    const none = host({ dataNetwork: "10.6.0.0/16" });
    assert.match(errors(none, report(), wanted).join(), /no address in testbed\.dataNetwork 10\.6\.0\.0\/16/);
  });

  it("else is the one at which it is reached, or with which it goes out", () => {
    assert.equal(dataAddressOf(host({ address: "10.5.0.10" }), report()), "10.5.0.10");
    assert.equal(dataAddressOf(host(), report()), "192.168.1.10");
  });

  it("is to be told where it goes out with none and has several; Docker's own do not count", () => {
    const inside = parseReport([...LINES.filter((line) => !line.startsWith("outgoing"))].join("\n"));
    assert.equal(dataAddressOf(host(), inside), undefined);
    assert.match(errors(host(), inside, wanted).join(), /192\.168\.1\.10, 10\.5\.0\.10: say which is meant/);
    const one = LINES.filter((line) => !line.startsWith("outgoing") && !line.includes("eth1"));
    const bridged = parseReport([...one, "address=172.17.0.1/16 docker0"].join("\n"));
    assert.equal(dataAddressOf(host(), bridged), "192.168.1.10");
  });
});

describe("a remark", () => {
  const exact = { sec: 0, errorSec: 0.01 };

  it("is made of a clock that is far off, and not of one that may be right", () => {
    assert.match(remarks(report(), { sec: -7.25, errorSec: 0.1 }).join(), /clock is behind .* by 7\.3 s/);
    assert.deepEqual(remarks(report(), { sec: 3, errorSec: 2.5 }), []);
  });

  it("is made of what the kernel may lack, and of ports that a firewall may close", () => {
    assert.match(remarks(report("lacks=vxlan"), exact).join(), /may lack vxlan/);
    const closed = remarks(report("closed=ufw 2377/tcp", "closed=ufw 4789/udp"), exact);
    assert.match(closed.join(), /firewall \(ufw\) may not let in 2377\/tcp, 4789\/udp/);
  });
});

describe("machines that are one", () => {
  it("are told by their host name", () => {
    const looked = (name: string, hostname: string): Inspection => ({
      host: host({}, name),
      offset: { sec: 0, errorSec: 0 },
      found: { ...report(), hostname },
    });
    const twins = sameMachines([looked("node1", "a"), looked("node2", "b"), looked("node3", "a")]);
    assert.deepEqual([...twins.keys()], ["node3"]);
    assert.match(twins.get("node3") ?? "", /host name a, as node1 has/);
  });
});

const failureOf = (looked: Inspection | undefined) =>
  looked?.found instanceof Error ? looked.found.message : "none";

describe("looking at many machines", () => {
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

  it("is done to some at a time, and gives them in their order", async () => {
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

  it("is tried again where sshd had too many at once, and not where it refuses", async () => {
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
    assert.ok(!(results[0]?.found instanceof Error));
    assert.match(failureOf(results[1]), /ssh is not let in .*testbed\.user and testbed\.key/);
  });

  it("asks Grid'5000 for root's rights where that may be, once", async () => {
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
    ["another host key", "Host key verification failed.", /host key is not known.*acceptNewHostKeys/],
    ["no way", "ssh: Could not resolve hostname a", /does not reach it .*try: ssh -F \/c node1/],
  ] as [string, string, RegExp][]) {
    it(`says what to do about ${what}`, async () => {
      const ask = async () => ({ ...answer, code: 255, stdout: "", stderr });
      const [one] = await inspectAll(hosts.slice(0, 1), options(ask));
      assert.match(failureOf(one), message);
    });
  }
});

describe("the engine's configuration", () => {
  const args = { addressPool: "10.177.0.0/16", registry: "10.0.0.1:5000" };
  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

  it("of an engine that we install has networks of ours and logs with an end", () => {
    const config = JSON.parse(daemonConfig({ ...args, before: undefined, ours: true }));
    assert.equal(config.bip, "10.177.0.1/24");
    assert.deepEqual(config["default-address-pools"], [{ base: "10.177.0.0/16", size: 24 }]);
    assert.deepEqual(config["insecure-registries"], ["10.0.0.1:5000"]);
    assert.ok(config["log-opts"]["max-size"]);
  });

  it("of another's engine gains the registry, and nothing else", () => {
    const before = { bip: "172.30.0.1/16", "insecure-registries": ["mine:1"] };
    const config = JSON.parse(daemonConfig({ ...args, before: base64(before), ours: false }));
    assert.deepEqual(config, { ...before, "insecure-registries": ["mine:1", "10.0.0.1:5000"] });
  });

  it("is the same again when it is applied to itself", () => {
    for (const ours of [true, false]) {
      const once = daemonConfig({ ...args, before: base64({ debug: true }), ours });
      const again = daemonConfig({ ...args, before: Buffer.from(once).toString("base64"), ours });
      assert.equal(again, once);
    }
  });

  it("that cannot be read is not overwritten", () => {
    const before = Buffer.from("{ broken").toString("base64");
    assert.throws(() => daemonConfig({ ...args, before, ours: false }), /no JSON object: mend it there/);
  });
});

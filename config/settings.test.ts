import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MAX_NODES } from "./nodes.ts";
import { parseSettings, type Settings, SettingsError } from "./settings.ts";
import { TESTBEDS } from "./testbed/index.ts";
import type { LocalSettings } from "./testbed/local.ts";

/** Settings of stack "local" of user "ann"; objects become JSON text, as Pulumi keeps them. */
function parse(config: Record<string, unknown>, stack = "local", user = "ann"): Settings {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return parseSettings(Object.fromEntries(Object.entries(config).map(([k, v]) => [k, text(v)])), stack, user);
}

/** Those of a stack whose testbed is local. */
function parseLocal(config: Record<string, unknown>, stack?: string, user?: string): LocalSettings {
  const { testbed } = parse(config, stack, user);
  assert.equal(testbed.kind, "local");
  return testbed as LocalSettings;
}

function errorOf(config: Record<string, unknown>): SettingsError {
  try {
    parse(config);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error;
  }
  return assert.fail(`no error found in ${JSON.stringify(config)}`);
}
const mistakesOf = (config: Record<string, unknown>) => errorOf(config).errors;
const KEYS =
  "nodes, namespace, testbed, swarm, clockSync, kafka, influxdb, telegraf, grafana, portainer, producers, consumers, workload, benchmark";
const local = (more: object) => ({ testbed: { kind: "local", ...more } });

describe("settings that are left out", () => {
  it("become three local nodes, the first of which is the manager", () => {
    const { parts, bench, ...settings } = parse({});
    assert.ok(bench);
    const nodes = [
      { name: "node1", role: "monitor", address: "10.216.185.10", sshPort: 22048 },
      { name: "node2", role: "broker", address: "10.216.185.11", sshPort: 22049 },
      { name: "node3", role: "agent", address: "10.216.185.12", sshPort: 22050 },
    ];
    assert.deepEqual(Object.keys(parts), ["kafka", "influxdb", "telegraf", "grafana", "portainer"]);
    assert.deepEqual(settings, {
      stack: "local",
      prefix: "swarmbench-ann-local",
      testbed: { kind: "local", subnet: "10.216.185.0/24", nodes },
      nodes,
      swarm: { addressPool: "10.176.0.0/16", drainTimeoutSec: 60, registryPort: 5000 },
      clockSync: { kind: "ptpd", maxOffsetUs: 100, timeoutSec: 120, ntpServers: ["pool.ntp.org"] },
    });
  });

  it("give the manager the monitor's role and the others broker and agent in turn", () => {
    assert.deepEqual(
      parse({ nodes: "6" }).nodes.map(({ role }) => role),
      ["monitor", "broker", "agent", "broker", "agent", "broker"],
    );
  });
});

describe("a testbed of machines", () => {
  it("has as many nodes as it lists hosts, which say what they are for", () => {
    const hosts = [
      "a.example.org",
      { address: "10.0.0.2", user: "ubuntu", role: "agent", labels: { rack: "b" } },
    ];
    const { nodes, testbed } = parse({ testbed: { kind: "ssh", user: "ann", key: "~/key", hosts } });
    assert.deepEqual(nodes, [
      { name: "node1", role: "monitor" },
      { name: "node2", role: "agent", labels: { rack: "b" } },
    ]);
    assert.deepEqual(testbed, {
      kind: "ssh",
      key: "~/key",
      acceptNewHostKeys: false,
      hosts: [
        { address: "a.example.org", user: "ann", port: 22, key: "~/key" },
        { address: "10.0.0.2", user: "ubuntu", port: 22, key: "~/key" },
      ],
      common: { addressPool: "10.177.0.0/16", cleanup: "stack", minNodes: 2 },
    });
  });

  it("does without nodes that are left out, and says what is missing then", () => {
    const testbed = { kind: "ssh", hosts: ["a", "b", "c", "d"], minNodes: 2 };
    const raw = { testbed: JSON.stringify(testbed), kafka: JSON.stringify({ brokers: 2 }) };
    const { nodes } = parseSettings(raw, "lab", "ann", ["node3"]);
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ["node1", "node2", "node4"],
    );
    assert.throws(
      () => parseSettings(raw, "lab", "ann", ["node2"]),
      /2 brokers need 2 nodes of role broker, there is 1/,
    );
  });

  it("of OAR logs in as root where a system is deployed, else as at the frontend", () => {
    const oar = { kind: "oar", frontend: "f", user: "ann", walltime: "1 hour" };
    const userOf = (more: object) => {
      const { testbed } = parse({ testbed: { ...oar, ...more } });
      return testbed.kind === "oar" ? testbed.nodeUser : assert.fail();
    };
    assert.deepEqual(
      [userOf({}), userOf({ types: ["deploy"], environment: "debian12-min" }), userOf({ nodeUser: "bob" })],
      ["ann", "root", "bob"],
    );
  });

  it("of OAR at several sites are as many as these have in all", () => {
    const sites = [
      { frontend: "nancy", nodes: 3 },
      { frontend: "rennes", nodes: 2 },
    ];
    const testbed = { kind: "oar", user: "ann", walltime: "1 hour", sites };
    assert.equal(parse({ testbed }).nodes.length, 5);
    assert.throws(
      () => parse({ testbed, nodes: 4 }),
      /swarmbench:nodes: 4 nodes are wanted, and testbed.sites has 5/,
    );
  });
});

describe("settings that are given", () => {
  it("may be numbers as text, as `pulumi config set` stores them", () => {
    const config = { nodes: "2", ...local({ sshPortBase: "22000", cpus: "1.5" }) };
    const settings = parse({ ...config, swarm: { registryPort: "5001" } });
    assert.deepEqual(
      parseLocal(config).nodes.map(({ sshPort, cpus }) => [sshPort, cpus]),
      [
        [22000, 1.5],
        [22001, 1.5],
      ],
    );
    assert.equal(settings.swarm.registryPort, 5001);
  });

  it("may be numbers as YAML has them", () => {
    const settings = parseLocal({ nodes: 1, ...local({ sshPortBase: 22000, cpus: 2 }) });
    assert.deepEqual([settings.nodes[0].sshPort, settings.nodes[0].cpus], [22000, 2]);
  });

  it("lay the nodes into the network that is asked for", () => {
    const { subnet, nodes } = parseLocal({ nodes: "2", ...local({ subnet: "172.30.4.0/22" }) });
    assert.equal(subnet, "172.30.4.0/22");
    assert.deepEqual(
      nodes.map(({ address }) => address),
      ["172.30.4.10", "172.30.4.11"],
    );
  });

  it("of one node win over those of the testbed, one by one", () => {
    const all = { cpus: 1, memory: "1 GiB" };
    const perNode = { node2: { cpus: 2.5, role: "agent", sshPort: 23000, address: "10.9.8.200" } };
    const [node1, node2] = parse({
      nodes: "2",
      ...local({ subnet: "10.9.8.0/24", sshPortBase: 22000, ...all, perNode }),
    }).nodes;
    assert.deepEqual(node1, {
      name: "node1",
      role: "monitor",
      address: "10.9.8.10",
      sshPort: 22000,
      cpus: 1,
      memoryMiB: 1024,
    });
    assert.deepEqual(node2, {
      name: "node2",
      role: "agent",
      address: "10.9.8.200",
      sshPort: 23000,
      cpus: 2.5,
      memoryMiB: 1024,
    });
  });

  it("of one node may limit the memory of that node alone", () => {
    const { nodes } = parse({ nodes: "2", ...local({ perNode: { node2: { memory: "3 GiB" } } }) });
    assert.deepEqual(
      nodes.map(({ memoryMiB }) => memoryMiB),
      [undefined, 3072],
    );
  });

  it("shape the link of every node, but of one that has its own the way that it says", () => {
    const network = { delay: "10 milliseconds", rate: "100 Mbit/s", loss: "0.01" };
    const perNode = {
      node2: { network: { rate: "2.5 Gbit/s" } },
      node3: { network: {} },
      node4: { network: { loss: 0 } },
    };
    assert.deepEqual(
      parse({ nodes: "5", ...local({ network, perNode }) }).nodes.map(({ network }) => network),
      [
        { delayMs: 10, rate: 100_000_000, loss: 0.01 },
        { rate: 2_500_000_000 },
        undefined,
        undefined,
        { delayMs: 10, rate: 100_000_000, loss: 0.01 },
      ],
    );
  });

  it("shape the link of one node alone", () => {
    const { nodes } = parse({ nodes: "2", ...local({ perNode: { node2: { network: { loss: 0.5 } } } }) });
    assert.deepEqual(
      nodes.map((node) => ("network" in node ? node.network : "free")),
      ["free", { loss: 0.5 }],
    );
  });

  it("allow an address or port that another node would get by default, where that one has its own", () => {
    const perNode = {
      node1: { address: "10.9.8.11", sshPort: 22001 },
      node2: { address: "10.9.8.10", sshPort: 22000 },
    };
    const { nodes } = parseLocal({
      nodes: "2",
      ...local({ subnet: "10.9.8.0/24", sshPortBase: 22000, perNode }),
    });
    assert.deepEqual(
      nodes.map(({ address, sshPort }) => `${address} ${sshPort}`),
      ["10.9.8.11 22001", "10.9.8.10 22000"],
    );
  });

  it("of the swarm are read in seconds, and the rest stays at its default", () => {
    assert.deepEqual(parse({ swarm: { drainTimeout: "2 minutes" } }).swarm, {
      addressPool: "10.176.0.0/16",
      drainTimeoutSec: 120,
      registryPort: 5000,
    });
  });
});

describe("names", () => {
  it("derive from user and stack", () => {
    assert.equal(parse({}, "campaign", "bob").prefix, "swarmbench-bob-campaign");
  });

  it("are never the same for two stacks, or for two users, however their names are written", () => {
    const names = ["my.test", "my-test", "My-test", "mytest", "my_test"];
    const pairs = [
      ...names.map((stack) => ["ann", stack]),
      ["a.nn", "mytest"],
      ["Ann", "mytest"],
      ["a", "nn-mytest"],
    ];
    const prefixes = pairs.map(([user = "", stack]) => parse({}, stack, user).prefix);
    assert.equal(new Set(prefixes).size, pairs.length, prefixes.join(" "));
  });

  it("have the namespace instead of the user where there is one", () => {
    assert.equal(parse({ namespace: "lab2" }, "campaign", "bob").prefix, "swarmbench-lab2-campaign");
  });

  it("hold nothing that Docker refuses, whatever user and stack are called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (stack, user) => {
        assert.match(parse({}, stack, user).prefix, /^swarmbench-[a-z0-9-]+-[a-z0-9-]+$/);
      }),
    );
  });

  it("of two stacks give them different networks and ports", () => {
    const [a, b] = [parseLocal({}, "one"), parseLocal({}, "two")];
    assert.notEqual(a.subnet, b.subnet);
    assert.notEqual(a.nodes[0].sshPort, b.nodes[0].sshPort);
  });
});

describe("a error is named with its path:", () => {
  const small = { subnet: "10.9.8.0/24", sshPortBase: 22000 };
  const cases: [what: string, config: Record<string, unknown>, errors: RegExp[]][] = [
    [
      "a typo at the top",
      { nodse: "3" },
      [new RegExp(`^swarmbench:nodse: no such setting; there are ${KEYS}$`)],
    ],
    [
      "a typo in the testbed",
      local({ memmory: "1 GiB" }),
      [/^swarmbench:testbed: no such setting: memmory$/],
    ],
    [
      "a typo in a node",
      local({ perNode: { node2: { cpu: 1 } } }),
      [/^swarmbench:testbed\.perNode\.node2: no such setting: cpu$/],
    ],
    ["a typo in the swarm", { swarm: { drain: "1 minute" } }, [/^swarmbench:swarm: no such setting: drain$/]],
    [
      "another kind of testbed",
      { testbed: { kind: "cloud" } },
      [
        new RegExp(
          `^swarmbench:testbed\\.kind: expected one of ${TESTBEDS.map(({ kind }) => kind).join(", ")}$`,
        ),
      ],
    ],
    [
      "a wrong unit of memory",
      local({ memory: "2 GB" }),
      [/^swarmbench:testbed\.memory: expected .* MiB, GiB .*got "2 GB"$/],
    ],
    [
      "a wrong unit of time",
      { swarm: { drainTimeout: "90 s" } },
      [/^swarmbench:swarm\.drainTimeout: expected .*got "90 s"$/],
    ],
    [
      "three errors in how links are shaped",
      local({ network: { delay: "10 ms", rate: "10 kbit/s", loss: 1 } }),
      [
        /^swarmbench:testbed\.network\.delay: expected .*got "10 ms"$/,
        /^swarmbench:testbed\.network\.rate: a link needs at least 1 Mbit\/s$/,
        /^swarmbench:testbed\.network\.loss: expected a fraction from 0 to 0\.5/,
      ],
    ],
    [
      "a typo in how one link is shaped",
      local({ perNode: { node2: { network: { latency: "1 second" } } } }),
      [/^swarmbench:testbed\.perNode\.node2\.network: no such setting: latency$/],
    ],
    ["no nodes", { nodes: "0" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["one node too many", { nodes: "51" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["half a node", { nodes: "2.5" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["no CPU", local({ cpus: 0 }), [/^swarmbench:testbed\.cpus: expected more than 0 CPUs$/]],
    [
      "a role that there is not",
      local({ perNode: { node1: { role: "boss" } } }),
      [/^swarmbench:testbed\.perNode\.node1\.role: expected one of broker, agent, monitor$/],
    ],
    [
      "a privileged port",
      local({ perNode: { node1: { sshPort: 22 } } }),
      [/^swarmbench:testbed\.perNode\.node1\.sshPort: .*from 1024 to 65535$/],
    ],
    [
      "a block of ports that does not fit",
      local({ sshPortBase: 65500 }),
      [/^swarmbench:testbed\.sshPortBase: .*to 65471$/],
    ],
    [
      "a network with host bits",
      local({ subnet: "10.9.8.7/24" }),
      [/^swarmbench:testbed\.subnet: expected a network .*got "10\.9\.8\.7\/24"$/],
    ],
    [
      "a namespace that is no name",
      { namespace: "My Lab" },
      [/^swarmbench:namespace: .*lower-case letters or digits/],
    ],
    ["a namespace too long", { namespace: "a".repeat(21) }, [/^swarmbench:namespace: .*1 to 20/]],
    [
      "a name that no node can have",
      local({ perNode: { manager: {} } }),
      [/^swarmbench:testbed\.perNode\.manager: nodes are named node1, node2, …$/],
    ],
    [
      "a node beyond the number of nodes",
      local({ perNode: { node9: {} } }),
      [/^swarmbench:testbed\.perNode\.node9: there is no such node; swarmbench:nodes is 3$/],
    ],
    [
      "an address outside the network",
      local({ ...small, perNode: { node2: { address: "10.9.9.5" } } }),
      [/^swarmbench:testbed\.perNode\.node2\.address: 10\.9\.9\.5 is no host address of 10\.9\.8\.0\/24$/],
    ],
    [
      "an address that is the gateway's",
      local({ ...small, perNode: { node2: { address: "10.9.8.1" } } }),
      [/^swarmbench:testbed\.perNode\.node2\.address: 10\.9\.8\.1 is no host address/],
    ],
    [
      "one address given twice",
      local({ ...small, perNode: { node2: { address: "10.9.8.99" }, node3: { address: "10.9.8.99" } } }),
      [/^swarmbench:testbed\.perNode: node2 and node3 have one address, 10\.9\.8\.99$/],
    ],
    [
      "an address that another node gets by default",
      local({ ...small, perNode: { node3: { address: "10.9.8.10" } } }),
      [/^swarmbench:testbed\.perNode: node1 and node3 have one address, 10\.9\.8\.10$/],
    ],
    [
      "one SSH port given twice",
      local({ ...small, perNode: { node1: { sshPort: 30000 }, node2: { sshPort: "30000" } } }),
      [/^swarmbench:testbed\.perNode: node1 and node2 have one SSH port, 30000$/],
    ],
    [
      "an SSH port that another node gets by default",
      local({ ...small, perNode: { node1: { sshPort: 22002 } } }),
      [/^swarmbench:testbed\.perNode: node1 and node3 have one SSH port, 22002$/],
    ],
    [
      "a pool of the swarm over the testbed's network",
      { ...local(small), swarm: { addressPool: "10.0.0.0/8" } },
      [/^swarmbench:swarm\.addressPool: 10\.0\.0\.0\/8 overlaps the testbed's network 10\.9\.8\.0\/24$/],
    ],
    [
      "a host that is listed twice, and nodes that have no host",
      { nodes: "3", testbed: { kind: "ssh", hosts: ["a", { address: "a", port: 22 }] } },
      [/^swarmbench:testbed\.hosts\.1\.address: a:22 is node1 already$/],
    ],
    [
      "more nodes than hosts, and more that are needed than nodes",
      { nodes: "3", testbed: { kind: "ssh", hosts: ["a", "b"], minNodes: 4 } },
      [
        /^swarmbench:testbed\.minNodes: 4 of 3 nodes/,
        /^swarmbench:nodes: 3 nodes are wanted, and testbed\.hosts has 2$/,
      ],
    ],
    ["a testbed that is no object", { testbed: "local" }, [/^swarmbench:testbed: /]],
    ["a testbed that is broken JSON", { testbed: '{"kind": ' }, [/^swarmbench:testbed: /]],
  ];
  for (const [what, config, expected] of cases) {
    it(what, () => {
      const errors = mistakesOf(config);
      assert.equal(errors.length, expected.length, errors.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(errors[index] ?? "", pattern);
    });
  }

  it("a network too small for the nodes, once for each that does not fit", () => {
    const errors = mistakesOf({ nodes: "6", ...local({ subnet: "10.9.8.0/28" }) });
    assert.deepEqual(
      errors.map((line) => line.replace(/ is .*/, "")),
      ["swarmbench:testbed.perNode.node6.address: 10.9.8.15"],
    );
  });

  it("one address written in two ways", () => {
    const perNode = { node1: { address: "10.9.8.99" }, node2: { address: "10.9.8.099" } };
    assert.throws(() => parse(local({ ...small, perNode })), SettingsError);
  });

  it("a typo that is a property of every object", () => {
    assert.throws(() => parse({ constructor: "3" }), SettingsError);
  });
});

describe("a configuration with errors", () => {
  it("gets all that its form tells in one error", () => {
    const errors = mistakesOf({
      nodse: "3",
      nodes: "none",
      namespace: "Lab!",
      testbed: {
        kind: "local",
        subnte: "10.0.0.0/24",
        memory: "2 GB",
        perNode: { node1: { role: "boss", cpu: 3 }, node2: { sshPort: 1 } },
      },
      swarm: { drainTimeout: "soon", registryPort: 80, addressPool: "10.1.1.1/24" },
    });
    assert.deepEqual(errors.map((line) => line.replace(/: .*/, "")).sort(), [
      "swarmbench:namespace",
      "swarmbench:nodes",
      "swarmbench:nodse",
      "swarmbench:swarm.addressPool",
      "swarmbench:swarm.drainTimeout",
      "swarmbench:swarm.registryPort",
      "swarmbench:testbed",
      "swarmbench:testbed.memory",
      "swarmbench:testbed.perNode.node1",
      "swarmbench:testbed.perNode.node1.role",
      "swarmbench:testbed.perNode.node2.sshPort",
    ]);
  });

  it("gets all that is wrong between its values in one error, beside the typos", () => {
    const errors = mistakesOf({
      nodse: "3",
      nodes: "2",
      ...local({
        subnet: "10.176.3.0/24",
        sshPortBase: 22000,
        perNode: {
          node1: { sshPort: 22001, address: "10.176.4.10" },
          node2: { address: "10.176.4.10" },
          node3: {},
        },
      }),
    });
    assert.deepEqual(
      errors.map((line) => line.replace(/^swarmbench:/, "")),
      [
        `nodse: no such setting; there are ${KEYS}`,
        "testbed.perNode.node3: there is no such node; swarmbench:nodes is 2",
        "testbed.perNode.node1.address: 10.176.4.10 is no host address of 10.176.3.0/24",
        "testbed.perNode.node2.address: 10.176.4.10 is no host address of 10.176.3.0/24",
        "testbed.perNode: node1 and node2 have one address, 10.176.4.10",
        "testbed.perNode: node1 and node2 have one SSH port, 22001",
        "swarm.addressPool: 10.176.0.0/16 overlaps the testbed's network 10.176.3.0/24",
      ],
    );
  });

  it("gets an error that names the stack, counts the errors and lists each on a line", () => {
    const { message, errors } = errorOf({ nodse: "3", nodes: "0" });
    assert.equal(
      message,
      `The configuration of stack local has 2 errors; nothing was changed:\n  - ${errors[0]}\n  - ${errors[1]}`,
    );
  });

  it("is refused for a typo alone, although all the rest could be used", () => {
    assert.throws(() => parse({ nodes: "1", nodse: "1" }), SettingsError);
  });
});

describe("for every number of nodes and every name", () => {
  const stacks = fc.tuple(fc.integer({ min: 1, max: MAX_NODES }), fc.string(), fc.string({ minLength: 1 }));
  const check = (claim: (testbed: LocalSettings, count: number) => void) =>
    fc.assert(
      fc.property(stacks, ([count, stack, user]) => {
        claim(parseLocal({ nodes: String(count) }, stack, user), count);
      }),
    );

  it("addresses are distinct hosts of the derived network", () => {
    check(({ subnet, nodes }, count) => {
      const [network] = /^10(\.\d+){2}(?=\.0\/24$)/.exec(subnet) ?? assert.fail(subnet);
      const hosts = nodes.map(({ address }) => {
        assert.ok(address.startsWith(`${network}.`), `${address} in ${subnet}`);
        return Number(address.split(".")[3]);
      });
      assert.equal(new Set(hosts).size, count);
      assert.ok(hosts.every((host) => host > 1 && host < 255));
    });
  });

  it("SSH ports are distinct and in one block of 64 below the ephemeral ports", () => {
    check(({ nodes }, count) => {
      const ports = nodes.map(({ sshPort }) => sshPort);
      assert.equal(new Set(ports).size, count);
      const blocks = new Set(ports.map((port) => Math.floor((port - 20_000) / 64)));
      assert.equal(blocks.size, 1);
      assert.ok(ports.every((port) => port >= 20_000 && port < 32_768));
    });
  });

  it("the derived network does not overlap the swarm's own pool", () => {
    assert.equal(parse({}).swarm.addressPool, "10.176.0.0/16");
    check(({ subnet }) => {
      assert.notEqual(subnet.split(".")[1], "176");
    });
  });

  it("the same names give the same settings", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (stack, user) => {
        assert.deepEqual(parse({}, stack, user), parse({}, stack, user));
      }),
    );
  });
});

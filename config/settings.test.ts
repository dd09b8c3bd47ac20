import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defined } from "../test/support/defined.ts";
import { settingsErrorsOf } from "../test/support/settingsErrors.ts";
import { MAX_NODES } from "./nodes.ts";
import { parseSettings, type Settings } from "./settings.ts";
import { TESTBEDS } from "./testbed/index.ts";
import type { LocalSettings } from "./testbed/local.ts";

/** Settings of stack "local" of user "ann". Objects become JSON text, as Pulumi stores them. */
function parse(config: Record<string, unknown>, stack = "local", user = "ann"): Settings {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  return parseSettings(Object.fromEntries(Object.entries(config).map(([k, v]) => [k, text(v)])), stack, user);
}

/** Settings of a local testbed. */
function parseLocal(config: Record<string, unknown>, stack?: string, user?: string): LocalSettings {
  const { testbed } = parse(config, stack, user);
  assert.equal(testbed.kind, "local");
  return testbed as LocalSettings;
}

const errorsOf = (config: Record<string, unknown>) => settingsErrorsOf(() => parse(config));
const KEYS =
  "nodes, namespace, testbed, swarm, clockSync, kafka, influxdb, telegraf, grafana, portainer, producers, consumers, workload, benchmark";
const local = (more: object) => ({ testbed: { kind: "local", ...more } });

describe("default settings", () => {
  it("are three local nodes, the first of which is the manager", () => {
    const { services, bench, ...settings } = parse({});
    assert.ok(bench);
    const nodes = [
      { name: "node1", role: "monitor", address: "10.216.185.10", sshPort: 22048 },
      { name: "node2", role: "broker", address: "10.216.185.11", sshPort: 22049 },
      { name: "node3", role: "agent", address: "10.216.185.12", sshPort: 22050 },
    ];
    assert.deepEqual(Object.keys(services), ["kafka", "influxdb", "telegraf", "grafana", "portainer"]);
    assert.deepEqual(defined(settings), {
      stack: "local",
      prefix: "swarmbench-ann-local",
      testbed: { kind: "local", subnet: "10.216.185.0/24", nodes },
      nodes,
      swarm: {
        network: "overlay",
        addressPool: "10.176.0.0/16",
        drainTimeoutSec: 60,
        dataPathPort: 4789,
        registryPort: 5000,
      },
      clockSync: { kind: "ptpd", maxOffsetUs: 100, timeoutSec: 120, ntpServers: ["pool.ntp.org"] },
    });
  });

  it("give the manager the role monitor, and the others broker and agent alternately", () => {
    assert.deepEqual(
      parse({ nodes: "6" }).nodes.map(({ role }) => role),
      ["monitor", "broker", "agent", "broker", "agent", "broker"],
    );
  });
});

describe("a testbed of machines", () => {
  it("has a node for each listed host, with its role", () => {
    const hosts = [
      "a.example.org",
      { address: "10.0.0.2", user: "ubuntu", role: "agent", labels: { rack: "b" } },
    ];
    const { nodes, testbed } = parse({ testbed: { kind: "ssh", user: "ann", key: "~/key", hosts } });
    assert.deepEqual(defined(nodes), [
      { name: "node1", role: "monitor" },
      { name: "node2", role: "agent", labels: { rack: "b" } },
    ]);
    assert.deepEqual(defined(testbed), {
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

  it("leaves out unusable nodes, and reports what is missing then", () => {
    const testbed = { kind: "ssh", hosts: ["a", "b", "c", "d"], minNodes: 2 };
    const raw = { testbed: JSON.stringify(testbed), kafka: JSON.stringify({ brokers: 2 }) };
    const { nodes } = parseSettings(raw, "lab", "ann", ["node3"]);
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ["node1", "node2", "node4"],
    );
    assert.throws(
      () => parseSettings(raw, "lab", "ann", ["node2"]),
      /2 brokers need 2 nodes of role broker, but there is 1/,
    );
  });

  it("of OAR logs in as root if an environment is deployed, otherwise as the frontend's user", () => {
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

  it("of OAR at several sites has as many nodes as all sites together", () => {
    const sites = [
      { frontend: "nancy", nodes: 3 },
      { frontend: "rennes", nodes: 2 },
    ];
    const testbed = { kind: "oar", user: "ann", walltime: "1 hour", sites };
    assert.equal(parse({ testbed }).nodes.length, 5);
    assert.throws(
      () => parse({ testbed, nodes: 4 }),
      /swarmbench:nodes: 4 nodes requested, but testbed.sites has 5/,
    );
  });
});

describe("configured settings", () => {
  it("may be numbers as strings, as `pulumi config set` stores them", () => {
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

  it("may be YAML numbers", () => {
    const settings = parseLocal({ nodes: 1, ...local({ sshPortBase: 22000, cpus: 2 }) });
    assert.deepEqual([settings.nodes[0].sshPort, settings.nodes[0].cpus], [22000, 2]);
  });

  it("put the nodes into the configured network", () => {
    const { subnet, nodes } = parseLocal({ nodes: "2", ...local({ subnet: "172.30.4.0/22" }) });
    assert.equal(subnet, "172.30.4.0/22");
    assert.deepEqual(
      nodes.map(({ address }) => address),
      ["172.30.4.10", "172.30.4.11"],
    );
  });

  it("of one node override those of the testbed one by one", () => {
    const all = { cpus: 1, memory: "1 GiB" };
    const perNode = { node2: { cpus: 2.5, role: "agent", sshPort: 23000, address: "10.9.8.200" } };
    const [node1, node2] = parse({
      nodes: "2",
      kafka: { heap: "512 MiB" },
      ...local({ subnet: "10.9.8.0/24", sshPortBase: 22000, ...all, perNode }),
    }).nodes;
    assert.deepEqual(defined(node1), {
      name: "node1",
      role: "monitor",
      address: "10.9.8.10",
      sshPort: 22000,
      cpus: 1,
      memoryMiB: 1024,
    });
    assert.deepEqual(defined(node2), {
      name: "node2",
      role: "agent",
      address: "10.9.8.200",
      sshPort: 23000,
      cpus: 2.5,
      memoryMiB: 1024,
    });
  });

  it("of one node may limit the memory of only that node", () => {
    const { nodes } = parse({ nodes: "2", ...local({ perNode: { node2: { memory: "3 GiB" } } }) });
    assert.deepEqual(
      nodes.map(({ memoryMiB }) => memoryMiB),
      [undefined, 3072],
    );
  });

  it("shape the link of every node, except of nodes with their own shaping", () => {
    const network = { delay: "10 milliseconds", rate: "100 Mbit/s", loss: "0.01" };
    const perNode = {
      node2: { network: { rate: "2.5 Gbit/s" } },
      node3: { network: {} },
      node4: { network: { loss: 0 } },
    };
    assert.deepEqual(
      parse({ nodes: "5", ...local({ network, perNode }) }).nodes.map(
        ({ network }) => network && defined(network),
      ),
      [
        { delayMs: 10, rate: 100_000_000, loss: 0.01 },
        { rate: 2_500_000_000 },
        undefined,
        undefined,
        { delayMs: 10, rate: 100_000_000, loss: 0.01 },
      ],
    );
  });

  it("shape the link of only one node", () => {
    const { nodes } = parse({ nodes: "2", ...local({ perNode: { node2: { network: { loss: 0.5 } } } }) });
    assert.deepEqual(
      nodes.map(({ network }) => defined(network ?? "free")),
      ["free", { loss: 0.5 }],
    );
  });

  it("allow the default address or port of another node if that node has its own", () => {
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

  it("of the swarm are converted to seconds, and the others keep their defaults", () => {
    assert.deepEqual(parse({ swarm: { drainTimeout: "2 minutes" } }).swarm, {
      network: "overlay",
      addressPool: "10.176.0.0/16",
      drainTimeoutSec: 120,
      dataPathPort: 4789,
      registryPort: 5000,
    });
  });
});

describe("names", () => {
  it("derive from user and stack", () => {
    assert.equal(parse({}, "campaign", "bob").prefix, "swarmbench-bob-campaign");
  });

  it("differ for two stacks, and for two users, however similar their names are", () => {
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

  it("contain the namespace instead of the user if one is set", () => {
    assert.equal(parse({ namespace: "lab2" }, "campaign", "bob").prefix, "swarmbench-lab2-campaign");
  });

  it("contain only characters that Docker accepts, whatever the names of user and stack", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (stack, user) => {
        assert.match(parse({}, stack, user).prefix, /^swarmbench-[a-z0-9-]+-[a-z0-9-]+$/);
      }),
    );
  });

  it("of two stacks lead to different networks and ports", () => {
    const [a, b] = [parseLocal({}, "one"), parseLocal({}, "two")];
    assert.notEqual(a.subnet, b.subnet);
    assert.notEqual(a.nodes[0].sshPort, b.nodes[0].sshPort);
  });
});

describe("an error is reported with its path:", () => {
  const small = { subnet: "10.9.8.0/24", sshPortBase: 22000 };
  const cases: [what: string, config: Record<string, unknown>, errors: RegExp[]][] = [
    [
      "a typo at the top",
      { nodse: "3" },
      [new RegExp(`^swarmbench:nodse: no such setting; expected one of ${KEYS}$`)],
    ],
    [
      "a typo in the testbed",
      local({ memmory: "1 GiB" }),
      [/^swarmbench:testbed: no such setting: memmory;/],
    ],
    [
      "a typo in a node",
      local({ perNode: { node2: { cpu: 1 } } }),
      [/^swarmbench:testbed\.perNode\.node2: no such setting: cpu;/],
    ],
    ["a typo in the swarm", { swarm: { drain: "1 minute" } }, [/^swarmbench:swarm: no such setting: drain;/]],
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
      "three errors in the shaping of links",
      local({ network: { delay: "10 ms", rate: "10 kbit/s", loss: 1 } }),
      [
        /^swarmbench:testbed\.network\.delay: expected .*got "10 ms"$/,
        /^swarmbench:testbed\.network\.rate: a link needs at least 1 Mbit\/s$/,
        /^swarmbench:testbed\.network\.loss: expected a fraction from 0 to 0\.5/,
      ],
    ],
    [
      "a typo in the shaping of one link",
      local({ perNode: { node2: { network: { latency: "1 second" } } } }),
      [/^swarmbench:testbed\.perNode\.node2\.network: no such setting: latency;/],
    ],
    ["no nodes", { nodes: "0" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["one node too many", { nodes: "51" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["half a node", { nodes: "2.5" }, [/^swarmbench:nodes: expected a whole number from 1 to 50$/]],
    ["no CPU", local({ cpus: 0 }), [/^swarmbench:testbed\.cpus: expected 0\.01 to 1024 CPUs$/]],
    [
      "an unknown role",
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
      "an invalid namespace",
      { namespace: "My Lab" },
      [/^swarmbench:namespace: .*lower-case letters or digits/],
    ],
    ["a namespace too long", { namespace: "a".repeat(21) }, [/^swarmbench:namespace: .*1 to 20/]],
    [
      "an invalid name of a node",
      local({ perNode: { manager: {} } }),
      [/^swarmbench:testbed\.perNode\.manager: nodes are named node1, node2, …$/],
    ],
    [
      "a node beyond the number of nodes",
      local({ perNode: { node9: {} } }),
      [
        /^swarmbench:testbed\.perNode\.node9: no such node; swarmbench:nodes is 3; raise it, or remove this entry$/,
      ],
    ],
    [
      "an address outside the network",
      local({ ...small, perNode: { node2: { address: "10.9.9.5" } } }),
      [
        /^swarmbench:testbed\.perNode\.node2\.address: 10\.9\.9\.5 is not a host address of 10\.9\.8\.0\/24; choose one between its gateway and its broadcast address$/,
      ],
    ],
    [
      "the address of the gateway",
      local({ ...small, perNode: { node2: { address: "10.9.8.1" } } }),
      [/^swarmbench:testbed\.perNode\.node2\.address: 10\.9\.8\.1 is not a host address/],
    ],
    [
      "one address for two nodes",
      local({ ...small, perNode: { node2: { address: "10.9.8.99" }, node3: { address: "10.9.8.99" } } }),
      [
        /^swarmbench:testbed\.perNode: node2 and node3 have the same address, 10\.9\.8\.99; give each its own$/,
      ],
    ],
    [
      "the default address of another node",
      local({ ...small, perNode: { node3: { address: "10.9.8.10" } } }),
      [
        /^swarmbench:testbed\.perNode: node1 and node3 have the same address, 10\.9\.8\.10; give each its own$/,
      ],
    ],
    [
      "one SSH port for two nodes",
      local({ ...small, perNode: { node1: { sshPort: 30000 }, node2: { sshPort: "30000" } } }),
      [/^swarmbench:testbed\.perNode: node1 and node2 have the same SSH port, 30000; give each its own$/],
    ],
    [
      "the default SSH port of another node",
      local({ ...small, perNode: { node1: { sshPort: 22002 } } }),
      [/^swarmbench:testbed\.perNode: node1 and node3 have the same SSH port, 22002; give each its own$/],
    ],
    [
      "an address pool of the swarm that overlaps the testbed's network",
      { ...local(small), swarm: { addressPool: "10.0.0.0/8" } },
      [
        /^swarmbench:swarm\.addressPool: 10\.0\.0\.0\/8 overlaps the testbed's network 10\.9\.8\.0\/24; choose another range$/,
      ],
    ],
    [
      "a host that is listed twice",
      { nodes: "3", testbed: { kind: "ssh", hosts: ["a", { address: "a", port: 22 }] } },
      [
        /^swarmbench:testbed\.hosts\.1\.address: a:22 is already node1; list each machine once, and remove this entry$/,
      ],
    ],
    [
      "more nodes than hosts, and minNodes above the number of nodes",
      { nodes: "3", testbed: { kind: "ssh", hosts: ["a", "b"], minNodes: 4 } },
      [
        /^swarmbench:testbed\.minNodes: 4 is above the number of nodes, 3/,
        /^swarmbench:nodes: 3 nodes requested, but testbed\.hosts has 2; lower it, or add hosts$/,
      ],
    ],
    ["a testbed that is not an object", { testbed: "local" }, [/^swarmbench:testbed: /]],
    ["a testbed that is broken JSON", { testbed: '{"kind": ' }, [/^swarmbench:testbed: /]],
  ];
  for (const [what, config, expected] of cases) {
    it(what, () => {
      const errors = errorsOf(config);
      assert.equal(errors.length, expected.length, errors.join("\n"));
      for (const [index, pattern] of expected.entries()) assert.match(errors[index] ?? "", pattern);
    });
  }

  it("a network that is too small, once for all nodes that do not fit", () => {
    const errors = errorsOf({ nodes: "6", ...local({ subnet: "10.9.8.0/28" }) });
    assert.deepEqual(
      errors.map((line) => line.replace(/, as .*/, "")),
      ["swarmbench:testbed.subnet: 10.9.8.0/28 is too small: it has no address for node6"],
    );
  });

  it("one address written in two ways", () => {
    const perNode = { node1: { address: "10.9.8.99" }, node2: { address: "10.9.8.099" } };
    assert.notDeepEqual(errorsOf(local({ ...small, perNode })), []);
  });

  it("a typo that is a property of every object", () => {
    assert.notDeepEqual(errorsOf({ constructor: "3" }), []);
  });
});

describe("a configuration with errors", () => {
  it("reports all errors of single options at once", () => {
    const errors = errorsOf({
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

  it("reports all errors that involve several options at once, together with typos", () => {
    const errors = errorsOf({
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
        `nodse: no such setting; expected one of ${KEYS}`,
        "testbed.perNode.node3: no such node; swarmbench:nodes is 2; raise it, or remove this entry",
        "testbed.perNode.node1.address: 10.176.4.10 is not a host address of 10.176.3.0/24; choose one between its gateway and its broadcast address",
        "testbed.perNode.node2.address: 10.176.4.10 is not a host address of 10.176.3.0/24; choose one between its gateway and its broadcast address",
        "testbed.perNode: node1 and node2 have the same address, 10.176.4.10; give each its own",
        "testbed.perNode: node1 and node2 have the same SSH port, 22001; give each its own",
        "swarm.addressPool: 10.176.0.0/16 overlaps the testbed's network 10.176.3.0/24; choose another range",
      ],
    );
  });

  it("has an error that names the stack, counts the errors and lists each on a line", () => {
    const config = { nodse: "3", nodes: "0" };
    const [first, second, ...more] = errorsOf(config);
    assert.deepEqual(more, []);
    assert.throws(() => parse(config), {
      name: "SwarmbenchError",
      code: "settings-invalid",
      message: `The configuration of stack local has 2 errors; nothing was changed:\n  - ${first}\n  - ${second}`,
    });
  });

  it("is rejected for a single typo, even if everything else is valid", () => {
    assert.equal(errorsOf({ nodes: "1", nodse: "1" }).length, 1);
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

import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import {
  type Claim,
  clashes,
  type DockerState,
  isOurs,
  parseRoutes,
  portClashes,
  readDocker,
  routeClashes,
} from "./localState.ts";

const owner = { prefix: "swarmbench-ann-local", directory: "/home/ann/bench" };
const labels = (stack: string, directory: string) => ({
  "swarmbench.stack": stack,
  "swarmbench.owner": directory,
});
const ours = labels(owner.prefix, owner.directory);
const otherFolder = labels(owner.prefix, "/home/bob/bench");
const otherStack = labels("swarmbench-ann-other", owner.directory);
const nothing: DockerState = { containers: [], networks: [], volumes: [] };
const container = (name: string, of: Record<string, string>, running = true) => ({
  id: `id-${name}`,
  name,
  labels: of,
  running,
});

describe("what Docker has", () => {
  /** Recorded from Docker 27, cut to a few of its fields. */
  const recorded: Record<string, string> = {
    "ps --all --quiet --no-trunc": "aaa\nbbb\n",
    "container inspect aaa bbb": JSON.stringify([
      {
        Id: "aaa",
        Created: "2026-01-01T00:00:00Z",
        State: { Status: "running", Running: true, Paused: false },
        Name: "/swarmbench-ann-local-node1",
        Config: { Hostname: "node1", Labels: ours },
      },
      {
        Id: "bbb",
        State: { Status: "exited", Running: false },
        Name: "/swarmbench-ann-local-node2",
        Config: { Labels: null },
      },
    ]),
    "network ls --quiet --no-trunc": "n1\nn2\nn3\n",
    "network inspect n1 n2 n3": JSON.stringify([
      {
        Name: "bridge",
        IPAM: {
          Driver: "default",
          Options: null,
          Config: [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.1" }],
        },
        Labels: {},
      },
      { Name: "host", IPAM: { Driver: "default", Config: null }, Labels: null },
      {
        Name: "dual",
        IPAM: { Config: [{ Subnet: "10.9.8.0/24" }, { Subnet: "fd00::/64" }, { Gateway: "x" }] },
        Labels: ours,
      },
    ]),
    "volume ls --quiet": "",
  };
  const read = () =>
    readDocker(async (...args) => {
      const question = args.join(" ").replace(" --filter label=swarmbench.stack", "");
      return recorded[question] ?? assert.fail(`it was not to ask: ${question}`);
    });

  it("is containers with their labels and whether they run", async () => {
    assert.deepEqual((await read()).containers, [
      { id: "aaa", name: "swarmbench-ann-local-node1", labels: ours, running: true },
      { id: "bbb", name: "swarmbench-ann-local-node2", labels: {}, running: false },
    ]);
  });

  it("is all networks with their subnets, also those that have none", async () => {
    assert.deepEqual((await read()).networks, [
      { name: "bridge", labels: {}, subnets: ["172.17.0.0/16"] },
      { name: "host", labels: {}, subnets: [] },
      { name: "dual", labels: ours, subnets: ["10.9.8.0/24", "fd00::/64"] },
    ]);
  });

  it("is no volumes where Docker lists none: it is not asked to inspect nothing", async () => {
    assert.deepEqual((await read()).volumes, []);
  });

  it("is asked for again where a network that was listed is gone when it is looked at", async () => {
    let asked = 0;
    const state = await readDocker(async (kind, command) => {
      if (command !== "inspect") return kind === "network" && asked++ === 0 ? "gone\n" : "";
      throw new Error("Error response from daemon: network gone not found");
    });
    assert.deepEqual([state, asked], [nothing, 2]);
  });

  it("is not known where Docker fails", async () => {
    await assert.rejects(
      readDocker(async () => {
        throw new Error("Cannot connect to the Docker daemon");
      }),
      /Cannot connect/,
    );
  });
});

describe("an object is ours", () => {
  for (const [what, of, expected] of [
    ["where it carries the stack's and the folder's label", ours, true],
    ["not where another folder made it", otherFolder, false],
    ["not where another stack made it", otherStack, false],
    ["not where it carries no label", {}, false],
  ] as const) {
    it(what, () => assert.equal(isOurs(owner, { name: "x", labels: of }), expected));
  }
});

describe("a clash is", () => {
  const claim: Claim = {
    owner,
    subnet: "10.9.8.0/24",
    nodes: [{ container: "swarmbench-ann-local-node1", sshPort: 1 }],
  };
  const network = (of: Record<string, string>, ...subnets: string[]) => ({
    name: "lan",
    labels: of,
    subnets,
  });
  const node1 = "swarmbench-ann-local-node1";
  const cases: [what: string, state: Partial<DockerState>, sentences: RegExp[]][] = [
    ["nothing on an empty machine", {}, []],
    [
      "nothing in what is the stack's own",
      {
        containers: [container(node1, ours, false)],
        networks: [network(ours, "10.9.8.0/24")],
        volumes: [{ name: node1, labels: ours }],
      },
      [],
    ],
    [
      "nothing in another stack's objects beside ours",
      { containers: [container("x", otherStack)], networks: [network(otherStack, "10.9.9.0/24")] },
      [],
    ],
    [
      "a stack of the same name from another folder, told once whatever it has",
      {
        containers: [container(node1, otherFolder)],
        networks: [network(otherFolder, "10.9.8.0/24")],
        volumes: [{ name: node1, labels: otherFolder }],
      },
      [/^a stack of the same name runs from \/home\/bob\/bench \(.*swarmbench:namespace\)$/],
    ],
    [
      "a stack of the same name of which only volumes are left",
      { volumes: [{ name: node1, labels: otherFolder }] },
      [/from \/home\/bob\/bench/],
    ],
    [
      "stacks of the same name from two folders, one sentence each",
      {
        volumes: [
          { name: "a", labels: otherFolder },
          { name: "b", labels: labels(owner.prefix, "/third") },
        ],
      },
      [/\/home\/bob\/bench/, /\/third/],
    ],
    [
      "a stack of the same name that does not tell its folder",
      { containers: [container(node1, { "swarmbench.stack": owner.prefix })] },
      [/from an unknown folder/],
    ],
    [
      "a network that overlaps",
      { networks: [network({}, "10.9.0.0/16")] },
      [/^the Docker network lan has 10\.9\.0\.0\/16, and this stack wants 10\.9\.8\.0\/24 \(set .*subnet\)$/],
    ],
    [
      "a network of another stack that overlaps",
      { networks: [network(otherStack, "10.9.8.0/25")] },
      [/the Docker network lan/],
    ],
    ["no network beside ours", { networks: [network({}, "10.9.9.0/24", "10.9.7.0/24")] }, []],
    [
      "a container that has a node's name",
      { containers: [container(node1, otherStack), container("another", otherStack)] },
      [/^there is a container named swarmbench-ann-local-node1 that no stack of ours made/],
    ],
  ];
  for (const [what, state, sentences] of cases) {
    it(what, () => {
      const found = clashes({ ...nothing, ...state }, claim);
      assert.equal(found.length, sentences.length, found.join("\n"));
      for (const [index, sentence] of sentences.entries()) assert.match(found[index] ?? "", sentence);
    });
  }

  it("an IPv6 network never", () => {
    assert.deepEqual(
      clashes({ ...nothing, networks: [network({}, "172.18.0.0/16", "fd00::/64")] }, claim),
      [],
    );
  });

  it("a container without labels that has a node's name", {}, async () => {
    const theirs = [{ Id: "aaa", Name: `/${node1}`, Config: { Labels: {} }, State: { Running: true } }];
    const state = await readDocker(async (...args) => {
      if (args[0] === "ps") return args.includes("label=swarmbench.stack") ? "" : "aaa\n";
      return args[0] === "container" ? JSON.stringify(theirs) : "";
    });
    assert.equal(clashes(state, claim).length, 1);
  });
});

describe("an SSH port", () => {
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const address = server.address();
    port = typeof address === "object" && address ? address.port : assert.fail();
  });
  after(() => server.close());
  const claim = (sshPort: number): Claim => ({
    owner,
    subnet: "10.9.8.0/24",
    nodes: [{ container: "c", sshPort }],
  });
  const taken = (): RegExp[] => [new RegExp(`^something listens on 127\\.0\\.0\\.1:${port} .*sshPortBase`)];

  async function expectClashes(state: DockerState, sentences: RegExp[]): Promise<void> {
    const found = await portClashes(state, claim(port));
    assert.equal(found.length, sentences.length, found.join("\n"));
    for (const [index, sentence] of sentences.entries()) assert.match(found[index] ?? "", sentence);
  }

  it("on which something listens is a clash", () => expectClashes(nothing, taken()));

  it("that our own running container has is none", () =>
    expectClashes({ ...nothing, containers: [container("c", ours)] }, []));

  it("of our container that is stopped is a clash, for something else listens", () =>
    expectClashes({ ...nothing, containers: [container("c", ours, false)] }, taken()));

  it("that another's container of that name has is a clash", () =>
    expectClashes({ ...nothing, containers: [container("c", otherFolder)] }, taken()));

  it("that is free is none, and stays free", async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const address = other.address();
    const free = typeof address === "object" && address ? address.port : assert.fail();
    await new Promise((closed) => other.close(closed));
    assert.deepEqual(await portClashes(nothing, claim(free)), []);
    assert.deepEqual(await portClashes(nothing, claim(free)), []);
  });
});

describe("a route of this machine", () => {
  const claim: Claim = { owner, subnet: "10.9.8.0/24", nodes: [] };
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t0008090A\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0
br-12ab\t0008090A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
vpn\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
`;

  it("is read from the kernel's table, whose numbers are little-endian", () => {
    assert.deepEqual(parseRoutes(table), [
      { device: "eth0", network: "0.0.0.0/0" },
      { device: "tun0", network: "10.9.8.0/22" },
      { device: "br-12ab", network: "10.9.8.0/24" },
      { device: "vpn", network: "10.0.0.0/8" },
    ]);
  });

  it("clashes where it is narrow and not Docker's own: a default route or a wide VPN loses little", () => {
    const found = routeClashes(nothing, claim, parseRoutes(table));
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", /reaches 10\.9\.8\.0\/22 through tun0.*testbed\.subnet/);
  });

  it("is no clash once the stack's own network is there", () => {
    const own = { name: owner.prefix, labels: ours, subnets: [claim.subnet] };
    assert.deepEqual(routeClashes({ ...nothing, networks: [own] }, claim, parseRoutes(table)), []);
  });
});

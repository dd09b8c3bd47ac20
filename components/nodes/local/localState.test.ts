import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import {
  type Claim,
  type DockerState,
  isOwn,
  nameConflicts,
  parseRoutes,
  portConflicts,
  readDocker,
  routeConflicts,
} from "./localState.ts";

const owner = { prefix: "swarmbench-ann-local", directory: "/home/ann/bench" };
const labels = (stack: string, directory: string) => ({
  "swarmbench.stack": stack,
  "swarmbench.owner": directory,
});
const ownLabels = labels(owner.prefix, owner.directory);
const otherFolder = labels(owner.prefix, "/home/bob/bench");
const otherStack = labels("swarmbench-ann-other", owner.directory);
const nothing: DockerState = { containers: [], networks: [], volumes: [] };
const container = (name: string, of: Record<string, string>, running = true) => ({
  id: `id-${name}`,
  name,
  labels: of,
  running,
});

describe("the state of a Docker engine", () => {
  /** Recorded from Docker 27, with only a few of the fields. */
  const recorded: Record<string, string> = {
    "ps --all --quiet --no-trunc": "aaa\nbbb\n",
    "container inspect aaa bbb": JSON.stringify([
      {
        Id: "aaa",
        Created: "2026-01-01T00:00:00Z",
        State: { Status: "running", Running: true, Paused: false },
        Name: "/swarmbench-ann-local-node1",
        Config: { Hostname: "node1", Labels: ownLabels },
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
        Labels: ownLabels,
      },
    ]),
    "volume ls --quiet": "",
  };
  const read = () =>
    readDocker(async (...args) => {
      const question = args.join(" ").replace(" --filter label=swarmbench.stack", "");
      return recorded[question] ?? assert.fail(`unexpected command: ${question}`);
    });

  it("includes containers with their labels and whether they run", async () => {
    assert.deepEqual((await read()).containers, [
      { id: "aaa", name: "swarmbench-ann-local-node1", labels: ownLabels, running: true },
      { id: "bbb", name: "swarmbench-ann-local-node2", labels: {}, running: false },
    ]);
  });

  it("includes networks with their subnets, even without any", async () => {
    assert.deepEqual((await read()).networks, [
      { name: "bridge", labels: {}, subnets: ["172.17.0.0/16"] },
      { name: "host", labels: {}, subnets: [] },
      { name: "dual", labels: ownLabels, subnets: ["10.9.8.0/24", "fd00::/64"] },
    ]);
  });

  it("includes no volumes, and inspects none, if Docker lists none", async () => {
    assert.deepEqual((await read()).volumes, []);
  });

  it("is read again if a listed network is gone before it is inspected", async () => {
    let asked = 0;
    const state = await readDocker(async (kind, command) => {
      if (command !== "inspect") return kind === "network" && asked++ === 0 ? "gone\n" : "";
      throw new Error("Error response from daemon: network gone not found");
    });
    assert.deepEqual([state, asked], [nothing, 2]);
  });

  it("cannot be read if Docker fails", async () => {
    await assert.rejects(
      readDocker(async () => {
        throw new Error("Cannot connect to the Docker daemon");
      }),
      /Cannot connect/,
    );
  });
});

describe("an object is the stack's own", () => {
  for (const [what, labels, expected] of [
    ["if it has the labels of the stack and the folder", ownLabels, true],
    ["not if it is from another folder", otherFolder, false],
    ["not if it is from another stack", otherStack, false],
    ["not if it has no labels", {}, false],
  ] as const) {
    it(what, () => assert.equal(isOwn(owner, { name: "x", labels }), expected));
  }
});

describe("a conflict is", () => {
  const claim: Claim = {
    owner,
    subnet: "10.9.8.0/24",
    nodes: [{ container: "swarmbench-ann-local-node1", sshPort: 1 }],
  };
  const network = (networkLabels: Record<string, string>, ...subnets: string[]) => ({
    name: "lan",
    labels: networkLabels,
    subnets,
  });
  const node1 = "swarmbench-ann-local-node1";
  const cases: [what: string, state: Partial<DockerState>, sentences: RegExp[]][] = [
    ["nothing on an empty machine", {}, []],
    [
      "nothing in the stack's own objects",
      {
        containers: [container(node1, ownLabels, false)],
        networks: [network(ownLabels, "10.9.8.0/24")],
        volumes: [{ name: node1, labels: ownLabels }],
      },
      [],
    ],
    [
      "nothing in other objects of another stack",
      { containers: [container("x", otherStack)], networks: [network(otherStack, "10.9.9.0/24")] },
      [],
    ],
    [
      "a stack of the same name from another folder, reported once for all its objects",
      {
        containers: [container(node1, otherFolder)],
        networks: [network(otherFolder, "10.9.8.0/24")],
        volumes: [{ name: node1, labels: otherFolder }],
      },
      [/^a stack of the same name runs from \/home\/bob\/bench \(.*swarmbench:namespace\)$/],
    ],
    [
      "a stack of the same name with only volumes left",
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
      "a stack of the same name without a label for its folder",
      { containers: [container(node1, { "swarmbench.stack": owner.prefix })] },
      [/from an unknown folder/],
    ],
    [
      "a network that overlaps",
      { networks: [network({}, "10.9.0.0/16")] },
      [
        /^the Docker network lan has 10\.9\.0\.0\/16, which overlaps this stack's 10\.9\.8\.0\/24 \(set .*subnet\)$/,
      ],
    ],
    [
      "a network of another stack that overlaps",
      { networks: [network(otherStack, "10.9.8.0/25")] },
      [/the Docker network lan/],
    ],
    ["no network with other subnets", { networks: [network({}, "10.9.9.0/24", "10.9.7.0/24")] }, []],
    [
      "a container that has a node's name",
      { containers: [container(node1, otherStack), container("another", otherStack)] },
      [/^there is a container named swarmbench-ann-local-node1 that swarmbench did not create/],
    ],
  ];
  for (const [what, state, sentences] of cases) {
    it(what, () => {
      const conflicts = nameConflicts({ ...nothing, ...state }, claim);
      assert.equal(conflicts.length, sentences.length, conflicts.join("\n"));
      for (const [index, sentence] of sentences.entries()) assert.match(conflicts[index] ?? "", sentence);
    });
  }

  it("never an IPv6 network", () => {
    assert.deepEqual(
      nameConflicts({ ...nothing, networks: [network({}, "172.18.0.0/16", "fd00::/64")] }, claim),
      [],
    );
  });

  it("a container without labels that has a node's name", {}, async () => {
    const foreign = [{ Id: "aaa", Name: `/${node1}`, Config: { Labels: {} }, State: { Running: true } }];
    const state = await readDocker(async (...args) => {
      if (args[0] === "ps") return args.includes("label=swarmbench.stack") ? "" : "aaa\n";
      return args[0] === "container" ? JSON.stringify(foreign) : "";
    });
    assert.equal(nameConflicts(state, claim).length, 1);
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
  const taken = (): RegExp[] => [
    new RegExp(`^another program listens on 127\\.0\\.0\\.1:${port} .*sshPortBase`),
  ];

  async function expectConflicts(state: DockerState, sentences: RegExp[]): Promise<void> {
    const conflicts = await portConflicts(state, claim(port));
    assert.equal(conflicts.length, sentences.length, conflicts.join("\n"));
    for (const [index, sentence] of sentences.entries()) assert.match(conflicts[index] ?? "", sentence);
  }

  it("that another program uses is a conflict", () => expectConflicts(nothing, taken()));

  it("of the stack's own running container is no conflict", () =>
    expectConflicts({ ...nothing, containers: [container("c", ownLabels)] }, []));

  it("of the stack's own stopped container is a conflict, because another program listens", () =>
    expectConflicts({ ...nothing, containers: [container("c", ownLabels, false)] }, taken()));

  it("of a foreign container of the same name is a conflict", () =>
    expectConflicts({ ...nothing, containers: [container("c", otherFolder)] }, taken()));

  it("that is free is no conflict, and stays free", async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
    const address = other.address();
    const free = typeof address === "object" && address ? address.port : assert.fail();
    await new Promise((closed) => other.close(closed));
    assert.deepEqual(await portConflicts(nothing, claim(free)), []);
    assert.deepEqual(await portConflicts(nothing, claim(free)), []);
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

  it("is parsed from the kernel's table, whose numbers are little-endian", () => {
    assert.deepEqual(parseRoutes(table), [
      { device: "eth0", network: "0.0.0.0/0" },
      { device: "tun0", network: "10.9.8.0/22" },
      { device: "br-12ab", network: "10.9.8.0/24" },
      { device: "vpn", network: "10.0.0.0/8" },
    ]);
  });

  it("is a conflict if it is narrow and not Docker's own, unlike a default route or a wide VPN", () => {
    const conflicts = routeConflicts(nothing, claim, parseRoutes(table));
    assert.equal(conflicts.length, 1, conflicts.join("\n"));
    assert.match(conflicts[0] ?? "", /reaches 10\.9\.8\.0\/22 through tun0.*testbed\.subnet/);
  });

  it("is no conflict if the stack's own network exists", () => {
    const own = { name: owner.prefix, labels: ownLabels, subnets: [claim.subnet] };
    assert.deepEqual(routeConflicts({ ...nothing, networks: [own] }, claim, parseRoutes(table)), []);
  });
});

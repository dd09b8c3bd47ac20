import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";

/** Bytes that are sent to measure a rate: 0.8 s at 20 Mbit/s. */
const BYTES = 2_000_000;

/** Two bare nodes whose links are shaped, shaped differently, and not shaped; each test continues with the state of the previous one. */
describe("the link of a local node", { concurrency: 1 }, () => {
  let project: TestProject;
  let netem = false;
  /** Rate of each node to the other without shaping, in Mbit/s. */
  let free: Sent;
  let machines: string[];
  before(async () => {
    project = await TestProject.create("shaping", {
      nodes: "2",
      namespace: "shp",
      "testbed.kind": "local",
    });
    await project.mustUp();
    const tried = await project.tryOn("node2", "tc qdisc add dev lo root netem && tc qdisc del dev lo root");
    netem = tried.code === 0;
    assert.ok(netem || /kind is unknown|No such file/.test(tried.text), tried.text);
    free = await measure(project);
    machines = await machineIds(project);
    // Otherwise the tests of rates below would pass without shaping.
    assert.ok(Math.min(free.node1, free.node2) > 50, `only ${JSON.stringify(free)} Mbit/s without a shape`);
  });
  after(() => project.dispose());

  it("is limited by the sender's rate; a node's own rate overrides the common one", async () => {
    await project.configure({
      "testbed.network.rate": "20 Mbit/s",
      "testbed.perNode.node2.network.rate": "5 Mbit/s",
    });
    const text = await project.mustUp();
    assert.doesNotMatch(text, /replaced|deleted/);
    const shaped = await measure(project);
    assertAbout(shaped.node1, 20);
    assertAbout(shaped.node2, 5);
  });

  it("changes nothing at a second up", async () => {
    await project.mustUp("--expect-no-changes");
  });

  it("changes its rate in place, without changing the node or the swarm", async () => {
    await project.configure({ "testbed.perNode.node2.network.rate": "20 Mbit/s" });
    const text = await project.mustUp();
    assert.deepEqual(text.match(/command:local:Command +(\S+) +updated/g)?.length, 1, text);
    assertAbout((await measure(project)).node2, 20);
    assert.deepEqual(await machineIds(project), machines);
  });

  it("is shaped again when its node restarts, without an up", async () => {
    await project.docker("restart", "--time", "5", `${project.prefix}-node2`);
    await eventually(async () => assert.match(await qdisc(project, "node2"), /^tbf 5b02: .*rate 20Mbit/));
  });

  it("is shaped again when its node is recreated", async () => {
    await project.docker("rm", "--force", `${project.prefix}-node2`);
    await project.mustUp();
    assertAbout((await measure(project)).node2, 20);
  });

  it("adds its delay once per direction (if the kernel has netem)", async (context) => {
    if (!netem) return skip(context, "this machine's kernel has no netem");
    const before = await roundTripMs(project);
    await project.configure({ "testbed.network.delay": "40 milliseconds" });
    await project.mustUp();
    const rise = (await roundTripMs(project)) - before;
    assert.ok(rise > 30 && rise < 60, `the round trip rose by ${rise} ms`); // node2 has its own network settings: no delay
    assertAbout((await measure(project)).node1, 20);
  });

  it("refuses a delay in one message and does not change (if the kernel has no netem)", async (context) => {
    if (netem) return skip(context, "this machine's kernel has netem");
    await project.configure({ "testbed.perNode.node2.network.delay": "40 milliseconds" });
    const { code, text } = await project.up();
    assert.notEqual(code, 0);
    assert.match(text, /link of node2 \(eth\d\): it has no netem, .*modprobe sch_netem/);
    assert.match(await qdisc(project, "node2"), /^tbf 5b02: .*rate 20Mbit/);
  });

  it("is no longer shaped after the setting is removed, on the same machines", async () => {
    const before = await machineIds(project);
    for (const key of ["network", "perNode"]) {
      await project.mustPulumi("config", "rm", "--path", `testbed.${key}`);
    }
    await project.mustUp();
    assert.deepEqual(await Promise.all(["node1", "node2"].map((node) => qdisc(project, node))), [
      "noqueue 0: root",
      "noqueue 0: root",
    ]);
    const now = await measure(project);
    assert.ok(
      now.node1 > 40 && now.node2 > 40,
      `only ${JSON.stringify(now)} of ${JSON.stringify(free)} Mbit/s`,
    );
    assert.deepEqual(await machineIds(project), before);
  });
});

/** Rate from a node to the other one, in Mbit/s. */
interface Sent {
  node1: number;
  node2: number;
}

/** Measures with the registry of the testbed: node2 uploads a file to the registry on node1 and downloads it. */
async function measure(project: TestProject): Promise<Sent> {
  const registry = await registryOf(project);
  const speeds = await project.on(
    "node2",
    `set -eu
     head -c ${BYTES} /dev/zero > /tmp/blob
     digest=sha256:$(sha256sum /tmp/blob | cut -d ' ' -f 1)
     blobs=http://${registry}/v2/probe/blobs
     place=$(curl -sSf -D - -o /dev/null -X POST "$blobs/uploads/" | tr -d '\\r' | awk 'tolower($1) == "location:" { print $2 }')
     curl -sSf -o /dev/null -w '%{speed_upload}\\n' -H 'Content-Type: application/octet-stream' \\
       -T /tmp/blob "$place&digest=$digest"
     curl -sSf -o /dev/null -w '%{speed_download}\\n' "$blobs/$digest"`,
  );
  const [up = 0, down = 0] = speeds
    .trim()
    .split("\n")
    .map((bytes) => (Number(bytes) * 8) / 1e6);
  return { node1: down, node2: up };
}

/** The shortest of several connection times: the network's part, without delays of a busy machine. */
async function roundTripMs(project: TestProject): Promise<number> {
  const registry = await registryOf(project);
  const times = await project.on(
    "node2",
    `for i in 1 2 3 4 5; do curl -sSf -o /dev/null -w '%{time_connect}\\n' http://${registry}/v2/; done`,
  );
  return Math.min(...times.trim().split("\n").map(Number)) * 1000;
}

async function registryOf(project: TestProject): Promise<string> {
  return (await project.outputs<{ registry: string }>()).registry;
}

/** Asserts at most the rate, plus the burst, and at least a good part of it on a busy machine. */
function assertAbout(measured: number, rate: number): void {
  assert.ok(measured < rate * 1.1 && measured > rate * 0.4, `${measured} Mbit/s at a rate of ${rate}`);
}

/** The root qdisc of the interface of a node's container, seen from the machine. */
async function qdisc(project: TestProject, node: string): Promise<string> {
  const text = await project.docker(
    "exec",
    `${project.prefix}-${node}`,
    "tc",
    "qdisc",
    "show",
    "dev",
    "eth0",
  );
  return text
    .trim()
    .replace(/^qdisc /, "")
    .replace(/ refcnt \d+ ?/, text.includes("rate") ? " " : "");
}

async function machineIds(project: TestProject): Promise<string[]> {
  const names = ["node1", "node2"].map((node) => `${project.prefix}-${node}`);
  return (await project.docker("inspect", "--format", "{{.Id}}", ...names)).trim().split("\n");
}

function skip(context: TestContext, reason: string): void {
  context.skip(reason);
}

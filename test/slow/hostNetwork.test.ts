// Brokers and agents on the nodes' own network, on a real swarm (`swarm.network: host`).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { BenchPlan } from "../../contract/request.ts";
import { BENCHMARK, Runs } from "../support/benchRuns.ts";
import { TestProject } from "../support/project.ts";
import { runningTasks } from "../support/swarm.ts";

/** Two nodes: the broker on node2, everything else on node1, where two producer tasks share the node. */
const CONFIG = {
  ...BENCHMARK,
  nodes: "2",
  namespace: "hst",
  "testbed.kind": "local",
  "kafka.heap": "256 MiB",
  "telegraf.enabled": "true",
  "producers.tasks": "2",
  "benchmark.network.enabled": "true",
  "benchmark.network.packets": "50",
  "benchmark.network.seconds": "1",
};

describe("brokers and agents on the nodes' own network", { concurrency: 1 }, () => {
  let project: TestProject;
  let runs: Runs;
  before(async () => {
    project = await TestProject.create("host", CONFIG);
    runs = new Runs(project);
    await project.mustUp();
  });
  after(() => project?.dispose());

  /** Runs the benchmark, which must deliver every message. */
  async function deliversAll(): Promise<void> {
    const { code, text } = await runs.bench();
    assert.equal(code, 0, text);
    const step = runs.onlyStep();
    assert.equal(step.delivered, step.offered, text);
    assert.deepEqual([step.offered > 0, step.lost, step.duplicated, step.unsent], [true, 0, 0, 0]);
    const unanswered = step.clocks.pairs.filter(({ answered }) => answered === 0);
    assert.deepEqual([step.clocks.pairs.length > 0, unanswered], [true, []], "clocks were compared");
    assert.ok((step.resources?.brokers[0]?.produce.perSec ?? 0) > 0, "the runner reads the brokers' metrics");
    assert.notEqual(step.network?.oneWayMs ?? null, null, "the network's part of the latency is known");
  }

  it("are refused without a password, unless anyone may use the brokers", async () => {
    await project.configure({ "swarm.network": "host" });
    const { code, text } = await project.up();
    assert.notEqual(code, 0);
    assert.match(
      text,
      /swarm\.network: with host and kafka\.security PLAINTEXT anyone who reaches a broker's node/,
    );
    await project.unset("swarm.network");
  });

  it("follow a run on the overlay network", async () => {
    await project.mustUp("--expect-no-changes");
    await deliversAll();
    assert.equal(runs.latest().conditions.settings.network, "overlay");
  });

  it("are ready after an up that only changes the network, with metrics of the broker", async () => {
    await project.configure({ "swarm.network": "host", "kafka.externalAccess": "anyone" });
    const text = await project.mustUp();
    assert.match(text, /anyone who reaches the brokers' nodes can read, write and delete all topics/);
    const { benchPlan } = await project.secretOutputs<{ benchPlan: BenchPlan }>();
    const { kafka, agents } = benchPlan.target;
    assert.match(kafka.bootstrap.join(), /^[\d.]+:9092$/);
    assert.equal(agents.nodeAddresses?.length, 1);
  });

  it("change nothing at a second up", async () => {
    await project.mustUp("--expect-no-changes");
  });

  it("listen on the address of their node alone, each on its own port", async () => {
    const sockets = async (node: string) => {
      const list = await project.on(node, "ss -Hltn | awk '{ print $4 }'");
      return list
        .split("\n")
        .filter((socket) => /:(7[0-4]\d\d|8778|909\d)$/.test(socket))
        .sort();
    };
    const { nodes } = await project.outputs<{ nodes: { name: string; address: string }[] }>();
    const address = (name: string) => nodes.find((node) => node.name === name)?.address;
    assert.deepEqual(
      await sockets("node1"),
      [7101, 7102, 7301].map((port) => `${address("node1")}:${port}`),
    );
    // A JVM listens on IPv6 sockets.
    assert.deepEqual(
      (await sockets("node2")).map((socket) => socket.replace(/^\[::ffff:(.*)\]/, "$1")),
      [8778, 9092, 9093, 9094].map((port) => `${address("node2")}:${port}`),
    );
  });

  it("deliver every message, and the run records the network", async () => {
    await deliversAll();
    assert.equal(runs.latest().conditions.settings.network, "host");
  });

  it("still do after an agent was killed and swarm has started another one", async () => {
    await project.on("node1", "docker kill $(docker ps -q --filter name=producers.1)");
    await deliversAll();
  });

  it("differ from the overlay in a comparison, which says so", async () => {
    const names = runs.names().slice(0, 2);
    const paths = names.map((name) => `runs/${name}`);
    const text = await project.must("node", "swarmbench.mjs", "compare", ...paths);
    assert.match(text, /brokers and agents use different networks: overlay \| host/);
  });

  it("are a new cluster on the overlay after the setting is removed", async () => {
    await project.unset("swarm.network");
    await project.mustUp();
    await project.mustUp("--expect-no-changes");
    const services = (await runningTasks(project)).map(({ service }) => service);
    assert.ok(["broker-1", "producers", "consumers"].every((name) => services.includes(name)));
    await deliversAll();
  });

  it("leave nothing after a destroy", async () => {
    await project.configure({ "swarm.network": "host" });
    await project.mustUp();
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project.remains(), []);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { KafkaTopic } from "../support/kafkaTools.ts";
import { TestProject } from "../support/project.ts";
import { runningTasks } from "../support/swarm.ts";

const NODES = ["node1", "node2", "node3"];

/** A cluster with faults, one after the other; each test continues with the state of the previous one. */
describe("a Kafka cluster's brokers", { concurrency: 1 }, () => {
  let project: TestProject;
  let topic: KafkaTopic;

  before(async () => {
    project = await TestProject.create("brokers", {
      nodes: "3",
      namespace: "e2e",
      "testbed.kind": "local",
      ...Object.fromEntries(NODES.map((node) => [`testbed.perNode.${node}.role`, "broker"])),
      "kafka.enabled": "true",
      "kafka.brokers": "3",
      "kafka.heap": "256 MiB",
    });
    topic = new KafkaTopic(project, "orders", { broker: "broker-3", node: "node3" });
  });
  after(() => project.dispose());

  /** Each running broker with its node. */
  const runningBrokers = async (): Promise<string[]> =>
    (await runningTasks(project))
      .filter(({ service, runs }) => runs && service.startsWith("broker-"))
      .map(({ service, node }) => `${service} on ${node}`)
      .sort();
  const ALL = ["broker-1 on node1", "broker-2 on node2", "broker-3 on node3"];
  const volumes = (): Promise<string[][]> =>
    Promise.all(
      NODES.map(async (node) => {
        const list = await project.on(node, "docker volume ls --quiet --filter name=kafka-");
        return list.split("\n").filter(Boolean);
      }),
    );

  it("that cannot start fail the up, with a hint where to look", async () => {
    // A flag that Java has, with a value that it refuses: the configuration alone does not show it.
    await project.configure({ "kafka.jvmOptions[0]": "-XX:MaxDirectMemorySize=x" });
    const { code, text } = await project.up();
    assert.notEqual(code, 0);
    assert.match(text, /on the manager.*: docker service (ps|logs) broker-\d/i);
  });

  it("run after the next up with a correct configuration, although all of them were down", async () => {
    await project.must("pulumi", "config", "rm", "--stack", project.stack, "--path", "kafka.jvmOptions");
    await project.mustUp();
    assert.deepEqual(await runningBrokers(), ALL);
    await project.mustUp("--expect-no-changes");
  });

  it("are all back with their records after one up when the manager's node was lost with its data", async () => {
    await topic.create(3);
    await topic.produce("from before the manager was lost");
    await project.docker("rm", "--force", `${project.prefix}-node1`);
    await project.docker("volume", "rm", `${project.prefix}-node1`);
    await project.mustUp();
    assert.deepEqual(await runningBrokers(), ALL);
    await topic.assertKept();
    await project.mustUp("--expect-no-changes");
  });

  it("scale in, and removed ones leave no volume on any node", async () => {
    const before = (await volumes()).flat();
    await project.configure({ "kafka.brokers": "1" });
    await project.mustUp();
    assert.deepEqual(await runningBrokers(), ["broker-1 on node1"]);
    const [first = [], ...others] = await volumes();
    assert.equal(first.length, 1, "the remaining broker has a volume");
    assert.deepEqual(others, [[], []]);
    assert.equal(before.length, 3);
    assert.ok(!before.includes(first[0] ?? ""), "and it is not the volume of the previous cluster");
  });

  it("scale out, even if an up was killed while a broker was being created", async () => {
    await project.configure({ "kafka.brokers": "3" });
    await project.upUntil(/Service broker-2 creating/);
    await project.mustPulumi("cancel", "--yes");
    await project.mustUp();
    assert.deepEqual(await runningBrokers(), ALL);
    await project.mustUp("--expect-no-changes");
  });
});

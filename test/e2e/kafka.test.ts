import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { readAll, startLoad, underReplicated, watchBrokers } from "../support/kafkaLoad.ts";
import { TestProject } from "../support/project.ts";
import { assertHidden, secretsOf } from "../support/secrets.ts";
import { type KafkaOutputs, SECURE_CLUSTER, secureClient } from "../support/secureKafka.ts";

const TOPIC = "orders";

/**
 * Three brokers with TLS and passwords; each test continues with the state of the previous one. For new passwords see
 * test/slow/kafkaRotation.test.ts.
 */
describe("a Kafka cluster", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("kafka", SECURE_CLUSTER);
  });
  after(() => project.dispose());

  /** When swarm was ordered to create the current task of a service, and when it ran. */
  async function lastTask(service: string): Promise<{ ordered: Date; running: Date }> {
    const task = `$(docker service ps --quiet --no-trunc --filter desired-state=running ${service})`;
    const [state] = JSON.parse(await project.on("node1", `docker inspect ${task}`)) as {
      CreatedAt: string;
      Status: { State: string; Timestamp: string };
    }[];
    assert.equal(state?.Status.State, "running");
    return { ordered: new Date(state.CreatedAt), running: new Date(state.Status.Timestamp) };
  }

  it("refuses a property that Kafka does not have, suggests the nearest, and changes nothing", async () => {
    await project.configure({ 'kafka.config["num.io.thread"]': "4" });
    const { code, text } = await project.up();
    await project.must("pulumi", "config", "rm", "--stack", project.stack, "--path", "kafka.config");
    assert.notEqual(code, 0);
    assert.match(text, /kafka\.config\.num\.io\.thread:.*did you mean num\.io\.threads/);
    assert.deepEqual(await project.remains(), []);
  });

  it("is up once a record has passed through every broker", async () => {
    await project.recordedUp();
    const { ready } = await project.outputs<{ ready: boolean }>();
    assert.equal(ready, true);
  });

  it("changes nothing at a second up", async () => {
    await project.recordedUp("--expect-no-changes");
  });

  it("serves clients outside the swarm, at addresses that they can reach", async () => {
    const admin = (await secureClient(project)).admin();
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 6 }], waitForLeaders: true });
    await admin.disconnect();
    const { nodes } = await project.outputs<{ nodes: { address: string }[] }>();
    assert.deepEqual(
      brokers.map(({ host, port }) => `${host}:${port}`).sort(),
      nodes.map(({ address }) => `${address}:${SECURE_CLUSTER["kafka.externalPort"]}`).sort(),
    );
  });

  it("keeps three replicas by default, and acknowledges a record once two have it", async () => {
    const admin = (await secureClient(project)).admin();
    await admin.connect();
    const [topic] = (await admin.fetchTopicMetadata({ topics: [TOPIC] })).topics;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: TOPIC, configNames: ["min.insync.replicas"] }],
    });
    await admin.disconnect();
    assert.deepEqual(new Set(topic?.partitions.map(({ replicas }) => replicas.length)), new Set([3]));
    assert.equal(resources[0]?.configEntries[0]?.configValue, "2");
  });

  it("refuses a client with a wrong password", async () => {
    const admin = (await secureClient(project, "wrong")).admin();
    await assert.rejects(admin.connect(), /[Aa]uthentication/);
  });

  it("loses no record of a producer with acks=all while its configuration rolls, one broker at a time", async () => {
    const kafka = await secureClient(project);
    const admin = kafka.admin();
    await admin.connect();
    const { kafkaExternal } = await project.outputs<KafkaOutputs>();
    await project.configure({ 'kafka.config["num.io.threads"]': "4", "kafka.heap": "300 MiB" });
    const load = await startLoad(kafka, TOPIC);
    const watch = watchBrokers(kafka, kafkaExternal);
    let fewest: number;
    let acked: string[];
    try {
      await project.recordedUp();
    } finally {
      fewest = await watch.stop();
      acked = await load.stop();
    }
    const stored = await readAll(kafka, admin, TOPIC);
    await admin.disconnect();
    assert.ok(acked.length > 100, `only ${acked.length} records were acknowledged`);
    assert.deepEqual(
      acked.filter((record) => !stored.has(record)),
      [],
    );
    assert.equal(fewest, 2, "the smallest number of running brokers");
  });

  it("changes a broker only after the new task of the previous one has started", async () => {
    const { kafkaExternal } = await project.outputs<KafkaOutputs>();
    const times: Date[] = [];
    for (const index of kafkaExternal.keys()) {
      const { ordered, running } = await lastTask(`broker-${index + 1}`);
      times.push(ordered, running);
    }
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a.getTime() - b.getTime()),
    );
  });

  it("runs with the new configuration and heap on every broker afterwards", async () => {
    for (const [node, broker] of [
      ["node1", "broker-1"],
      ["node2", "broker-2"],
      ["node3", "broker-3"],
    ] as const) {
      const environment = await project.on(
        node,
        `docker inspect --format '{{.Config.Env}}' $(docker ps -q --filter label=com.docker.swarm.service.name=${broker})`,
      );
      assert.match(environment, /KAFKA_NUM_IO_THREADS=4/);
      assert.match(environment, /-Xmx300m/);
    }
  });

  it("shows its password and keys in no output, state, service, container, process or log", async () => {
    const secrets = await secretsOf(project);
    const { password } = (await project.secretOutputs<KafkaOutputs>()).kafka.security;
    assert.ok(secrets.includes(password), "the password is one of the secrets that are searched for");
    await assertHidden(project, [...secrets, "PRIVATE KEY"]);
  });

  it("survives the loss of a task: swarm restarts it with its data", async () => {
    const kafka = await secureClient(project);
    const admin = kafka.admin();
    await admin.connect();
    const before = await readAll(kafka, admin, TOPIC);
    const task = "docker ps --quiet --filter label=com.docker.swarm.service.name=broker-2";
    const killed = await project.on("node2", task);
    await project.on("node2", `docker rm --force ${killed.trim()}`);
    await eventually(async () => {
      const running = (await project.on("node2", task)).trim();
      assert.ok(running !== "" && running !== killed.trim(), "there is a new container");
      // The cluster still lists a killed broker for some seconds, so each partition is read.
      assert.deepEqual(await readAll(kafka, admin, TOPIC), before);
      assert.deepEqual(await underReplicated(admin, TOPIC), []);
    }, 120_000);
    await admin.disconnect();
  });
});

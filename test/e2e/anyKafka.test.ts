// `bench --bootstrap` on Kafka processes of this machine, without a stack.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import type { Admin } from "kafkajs";
import { failFastClient } from "../../bench/clients/clientConfig.ts";
import { repeatMessages, truncateTopic } from "../../bench/kafka/tamper.ts";
import { project } from "../../cli/lib/paths.ts";
import type { Run } from "../../contract/result.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { ensureKafkaJars } from "../../offline/kafkaJars.ts";
import { readResults } from "../../results/store.ts";
import { eventually } from "../support/eventually.ts";
import { KafkaCluster } from "../support/kafkaCluster.ts";
import { measured } from "../support/measured.ts";

/** Two topics with two groups of two consumers each, as the OpenMessaging Benchmark describes them. */
const OMB_WORKLOAD = `
name: two topics
topics: 2
partitionsPerTopic: 4
keyDistributor: KEY_ROUND_ROBIN
messageSize: 120
useRandomizedPayloads: true
randomBytesRatio: 0.5
randomizedPayloadPoolSize: 100
subscriptionsPerTopic: 2
consumerPerSubscription: 2
producersPerTopic: 3
producerRate: 120
consumerBacklogSizeGB: 0
testDurationMinutes: \${minutes:-1}
warmupDurationMinutes: 0
`;
/** A short step; a busy machine must not decide the verdict. */
const SHORT = ["--duration", "4 seconds", "--set", 'preheat="0 seconds"', "--set", "slo.p99Ms=5000"];

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-any-"));
const results = path.join(folder, "runs");
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Runs `swarmbench bench`, and calls `act` with its output so far. */
function bench(args: string[], act: (text: string, pid: number) => void = () => {}) {
  const environment = { ...process.env, SWARMBENCH_PROGRESS_SEC: "1", PULUMI_HOME: "/nonexistent" };
  const all = ["swarmbench.mjs", "bench", "--results", results, ...args];
  const child = spawn(process.execPath, all, { cwd: project, env: environment });
  let text = "";
  const take = (data: Buffer) => {
    text += data;
    act(text, child.pid as number);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise<{ code: number | null; text: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, text })),
  );
}

/** Command lines of this checkout's agents that run. */
function agentProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return []; // it has ended
      }
    })
    .filter((line) => line.includes(path.join(project, "bench/local/main.ts")));
}

function latest(): Run {
  const [name = ""] = readdirSync(results).sort().reverse();
  return readResults(path.join(results, name));
}

/** Waits until the cluster answers, and connects to it. */
async function adminOf(target: KafkaTarget): Promise<Admin> {
  const admin = failFastClient(target).admin();
  await eventually(() => admin.connect());
  return admin;
}

async function startCluster(secure: boolean): Promise<KafkaCluster> {
  return KafkaCluster.start({ jars: await ensureKafkaJars(), brokers: 1, secure });
}

describe("bench on a Kafka without a stack", () => {
  let cluster: KafkaCluster;
  let admin: Admin;
  let bootstrap = "";
  const theirs = "swarmbench-of-somebody-else";
  before(async () => {
    cluster = await startCluster(false);
    bootstrap = cluster.target.bootstrap.join(",");
    admin = await adminOf(cluster.target);
    await admin.createTopics({ topics: [{ topic: theirs, numPartitions: 1 }] });
  });
  after(async () => {
    await admin?.disconnect();
    await cluster?.dispose();
  });
  const ownTopics = async () => (await admin.listTopics()).filter((name) => !name.startsWith("__"));

  it("measures a workload of the OpenMessaging Benchmark on several topics, and deletes them", async () => {
    const seen = new Set<string>();
    const file = write("omb.yaml", OMB_WORKLOAD);
    const { code, text } = await bench(["--bootstrap", bootstrap, "-f", file, ...SHORT], (shown) => {
      if (/measuring/.test(shown)) void ownTopics().then((names) => void names.map((name) => seen.add(name)));
    });
    assert.equal(code, 0, text);
    const run = latest();
    const step = measured(run.steps[0]);
    assert.deepEqual([step.topics, step.partitions, step.groups, step.consumers], [2, 4, 2, 2]);
    assert.deepEqual([step.producers, step.lost, step.duplicated, step.pending], [6, 0, 0, 0]);
    assert.equal(step.offered, 480);
    assert.equal(step.delivered, step.offered, "each group has got every message of both topics");
    assert.ok(step.latencyMs.p50 !== null && step.ackMs.p50 !== null);
    assert.equal(step.brokersCpu, null);
    assert.match(run.warnings.join(), /unknown.*CPU.*of the brokers.*warm/);
    const own = [...seen].filter((name) => name !== theirs);
    assert.equal(own.length, 2, own.join());
    for (const name of own) assert.match(name, new RegExp(`^swarmbench-${run.run}-1-[12]$`));
    assert.deepEqual(await ownTopics(), [theirs]);
  });

  it("accounts for every message of a clean run", async () => {
    const checked = ["--set", "logCheck=true", "--producers", "5"];
    const { code, text } = await bench(["--bootstrap", bootstrap, ...SHORT, ...checked]);
    assert.equal(code, 0, text);
    assert.match(text, /log check of 1 step: \d+ messages sent, none acknowledged and missing/);
    const { logCheck, verdict } = measured(latest().steps[0]);
    assert.ok(logCheck);
    const { sent, acked, present, producers, partitions } = logCheck;
    assert.deepEqual([acked, present, producers, partitions], [sent, sent, [], []]);
    assert.notEqual(verdict, "slo-missed");
  });

  it("finds messages that were deleted and repeated behind its back, exactly", async () => {
    let tampered: Promise<number> | undefined;
    const tamper = async () => {
      const [topic = ""] = (await ownTopics()).filter((name) => name !== theirs);
      const { records } = await truncateTopic(cluster.target, topic);
      const repeat = { count: 5, fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, timeoutSec: 10 };
      await repeatMessages({ target: cluster.target, topic, ...repeat });
      return records;
    };
    const checked = ["--set", "logCheck=true", "--producers", "5"];
    const { code, text } = await bench(["--bootstrap", bootstrap, ...SHORT, ...checked], (shown) => {
      if (/measuring/.test(shown)) tampered ??= tamper();
    });
    assert.equal(code, 0, text);
    const records = await tampered;
    const { logCheck, verdict, reasons } = measured(latest().steps[0]);
    assert.ok(records);
    assert.deepEqual([logCheck?.missing, logCheck?.deleted, logCheck?.duplicated], [records, records, 5]);
    assert.equal(verdict, "slo-missed");
    assert.match(
      reasons.join(),
      new RegExp(`${records} messages of the step were acknowledged .* not in the log`),
    );
  });

  it("deletes its topics after Ctrl-C, keeps the results so far, and leaves no process", async () => {
    let sent = false;
    const { code, text } = await bench(
      ["--bootstrap", bootstrap, "--producers", "5", "--prefix", "mine.", "--duration", "10 minutes"],
      (shown, pid) => {
        if (sent || !/delivered/.test(shown)) return;
        sent = true;
        process.kill(pid, "SIGINT");
      },
    );
    assert.equal(code, 130, text);
    assert.match(text, /--bootstrap.*--resume/);
    assert.equal(latest().verdict, "interrupted");
    assert.deepEqual(await ownTopics(), [theirs]);
    assert.deepEqual(agentProcesses(), []);
    await eventually(async () => {
      const { groups } = await admin.listGroups();
      assert.deepEqual(groups, []);
    });
  });

  it("deletes its topics after a failure", async () => {
    const tooMany = ["--set", "replicationFactor=3"];
    const { code, text } = await bench(["--bootstrap", bootstrap, ...SHORT, ...tooMany]);
    assert.equal(code, 1);
    assert.match(text, /cannot create topic swarmbench-/);
    assert.deepEqual(await ownTopics(), [theirs]);
  });

  it("names everything that it cannot honour, before it connects", async () => {
    const file = write(
      "bad.yaml",
      OMB_WORKLOAD.replace("consumerBacklogSizeGB: 0", "consumerBacklogSizeGB: 4"),
    );
    const { code, text } = await bench(["--bootstrap", "nowhere.invalid:9092", "-f", file]);
    assert.equal(code, 2);
    assert.match(text, /bad\.yaml: consumerBacklogSizeGB: 4: /);
  });

  it("says which address cannot be reached", async () => {
    const { code, text } = await bench(["--bootstrap", "localhost:1"]);
    assert.equal(code, 1);
    assert.match(text, /Kafka at localhost:1 cannot be used: .*ECONNREFUSED/);
  });
});

describe("bench on a Kafka with TLS and passwords", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await startCluster(true);
    await (await adminOf(cluster.target)).disconnect();
  });
  after(() => cluster?.dispose());

  /** Client properties as Kafka's own tools take them. */
  const properties = (password = cluster.target.security.password) => {
    const { username, ca = "" } = cluster.target.security;
    return write(
      "client.properties",
      `bootstrap.servers=${cluster.target.bootstrap.join(",")}
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
  username="${username}" password="${password}";
ssl.truststore.type=PEM
ssl.truststore.location=${write("ca.pem", ca)}
acks=1
`,
    );
  };

  it("connects with the properties of a Kafka client, and shows no password", async () => {
    const { code, text } = await bench(["--properties", properties(), "--producers", "5", ...SHORT]);
    assert.equal(code, 0, text);
    const run = latest();
    const step = measured(run.steps[0]);
    assert.deepEqual([step.acks, step.lost, step.delivered], [1, 0, step.offered]);
    assert.ok(!JSON.stringify(run).includes(cluster.target.security.password ?? "-"));
    assert.ok(!text.includes(cluster.target.security.password ?? "-"));
  });

  it("says that a login is refused, without the password", async () => {
    const { code, text } = await bench(["--properties", properties("not-the-password")]);
    assert.equal(code, 1);
    assert.match(text, /authentication failed.*\n*.*sasl\.jaas\.config/i);
    assert.doesNotMatch(text, /not-the-password/);
  });

  it("says that the authority of the certificates is missing", async () => {
    const file = write("no-ca.properties", "security.protocol=SSL\n");
    const { code, text } = await bench([
      "--bootstrap",
      cluster.target.bootstrap[0] ?? "",
      "--properties",
      file,
    ]);
    assert.equal(code, 1);
    assert.match(text, /ssl\.truststore\.location/);
  });
});

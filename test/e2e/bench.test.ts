// The bench image's jobs as they are run, as one bundled file, against real Kafka and InfluxDB processes of this machine.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import { writeFakeRun } from "../support/fakeRun";
import { KafkaCluster } from "../support/kafkaCluster";

// Dynamic, because the tools are ES modules and the tests are not.
const load = async () => ({
  ...(await import("../../tools/lib/benchBundle.mjs")),
  ...(await import("../../tools/lib/goBuilds.mjs")),
  ...(await import("../../tools/lib/kafkaJars.mjs")),
});
let tools: Awaited<ReturnType<typeof load>>;
let bundle: string;
before(async () => {
  tools = await load();
  bundle = (await tools.benchPayload("official"))["/opt/swarmbench/bench.cjs"] ?? "";
});

/** Runs a job as the image does. `shown` is all that anyone can see of it: arguments, environment, standard error. */
async function runJob(name: string, input: object) {
  const child = spawn(process.execPath, [bundle, name], { stdio: "pipe" });
  const seen = [
    readFileSync(`/proc/${child.pid}/cmdline`, "utf8"),
    readFileSync(`/proc/${child.pid}/environ`, "utf8"),
  ];
  child.stdin.end(JSON.stringify(input));
  const exit = once(child, "exit");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  return { code, stdout, stderr, shown: [...seen, stderr].join("\n") };
}

async function resultOf<T>(name: string, input: object): Promise<T> {
  const { code, stdout, stderr } = await runJob(name, input);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\{.*\}\n$/, "one line");
  return JSON.parse(stdout);
}

describe("the Kafka jobs on three brokers", () => {
  let cluster: KafkaCluster;
  before(async () => {
    const { libs, agent } = await tools.ensureKafkaJars();
    cluster = await KafkaCluster.start({ jars: libs, agent, brokers: 3 });
  });
  after(() => cluster?.dispose());
  const ready = (timeoutSec: number) => runJob("kafka-ready", { target: cluster.target, timeoutSec });

  it("send a record through each of a cluster that has only just been started", async () => {
    const result = await resultOf<{ brokers: number[]; clusterId: string }>("kafka-ready", {
      target: cluster.target,
      timeoutSec: 120,
    });
    assert.deepEqual(result.brokers, [1, 2, 3]);
    assert.ok(result.clusterId.length > 10);
  });
  it("find it settled, as a client and by its metrics, with no topic of theirs left", async () => {
    const [asClient, byMetrics] = await Promise.all([
      resultOf<{ partitions: number }>("kafka-settled", { target: cluster.target, timeoutSec: 60 }),
      resultOf<{ partitions: number }>("kafka-settled", { members: cluster.members, timeoutSec: 60 }),
    ]);
    assert.deepEqual([asClient.partitions, byMetrics.partitions], [5, 5], "those of the consumers' offsets");
  });
  it("name the one that was killed, and see replicas that are behind", async () => {
    await cluster.stopBroker(2, "SIGKILL");
    const port = cluster.target.brokers[1]?.port;
    const [notReady, unsettled] = await Promise.all([
      ready(6),
      runJob("kafka-settled", { members: cluster.members, timeoutSec: 20 }),
    ]);
    assert.equal(notReady.code, 1);
    assert.match(notReady.stderr, new RegExp(`not ready: localhost:${port} did not come.*ECONNREFUSED`));
    assert.equal(unsettled.code, 1);
    assert.match(unsettled.stderr, /did not settle within 20 s: .*broker-2: connect ECONNREFUSED/);
    // Those that are left have noticed by now: it takes them up to 9 s.
    const left = { target: cluster.target, expectBrokers: [1, 3], timeoutSec: 3 };
    const behind = await runJob("kafka-settled", left);
    assert.equal(behind.code, 1);
    assert.match(behind.stderr, /did not settle within 3 s: 5 of 5 partitions are under-replicated/);
  });
  it("wait until it is back and has caught up", async () => {
    await cluster.startBroker(2);
    await resultOf("kafka-settled", { members: cluster.members, timeoutSec: 90 });
    await resultOf("kafka-settled", { target: cluster.target, timeoutSec: 5 });
  });
});

describe("the Kafka jobs with TLS and SCRAM", () => {
  let cluster: KafkaCluster;
  before(async () => {
    const { libs } = await tools.ensureKafkaJars();
    cluster = await KafkaCluster.start({ jars: libs, brokers: 1, secure: true });
  });
  after(() => cluster?.dispose());

  it("get in with the password and the authority", async () => {
    await resultOf("kafka-ready", { target: cluster.target, timeoutSec: 120 });
  });
  it("say that a password is wrong, and never which", async () => {
    const security = { ...cluster.target.security, password: "not-the-password" };
    const input = { target: { ...cluster.target, security }, timeoutSec: 3 };
    const { code, stderr, shown } = await runJob("kafka-ready", input);
    assert.equal(code, 1);
    assert.match(stderr, /authentication failed.*other passwords or certificates/i);
    assert.doesNotMatch(shown, /not-the-password/);
  });
});

describe("influx-provision", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-influxd-"));
  let program: string | undefined;
  let influxd: ChildProcess | undefined;
  let url = "";
  interface Result {
    tokens: Record<"operator" | "write" | "read", string>;
    fresh: boolean;
  }
  const wanted = { org: "swarmbench", bucket: "bench", retentionSec: 0, user: "admin" };
  const provision = (own: object) => resultOf<Result>("influx-provision", { url, ...wanted, ...own });
  const one = { password: { current: "password-one", previous: "password-one" } };
  const two = { password: { current: "password-two", previous: "password-one" } };

  async function start() {
    influxd = spawn(program ?? "", [], {
      stdio: "ignore",
      env: {
        ...process.env,
        INFLUXD_HTTP_BIND_ADDRESS: new URL(url).host,
        INFLUXD_BOLT_PATH: path.join(folder, "bolt"),
        INFLUXD_ENGINE_PATH: path.join(folder, "engine"),
        INFLUXD_SQLITE_PATH: path.join(folder, "sqlite"),
        INFLUXD_REPORTING_DISABLED: "true",
      },
    });
    await once(influxd, "spawn");
  }
  async function stop() {
    if (!influxd || influxd.exitCode !== null || influxd.signalCode !== null) return;
    const exit = once(influxd, "exit");
    influxd.kill();
    await exit;
  }
  before(async () => {
    program = (await tools.influxdbPayload("built"))["/usr/bin/influxd"];
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    await once(server.close(), "close");
    await start();
  });
  after(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  let first: Result;
  it("sets a fresh one up", async () => {
    first = await provision(one);
    assert.equal(first.fresh, true);
    assert.equal(new Set(Object.values(first.tokens)).size, 3);
  });
  it("changes nothing the second time, nor after a restart", async () => {
    await stop();
    await start();
    assert.deepEqual((await provision(one)).tokens, first.tokens);
  });
  it("gives a token that writes and does not read, and one that reads and does not write", async () => {
    const target = (token: string) => ({ url, org: wanted.org, bucket: wanted.bucket, token });
    const count = (token: string) =>
      new InfluxDB({ url, token })
        .getQueryApi(wanted.org)
        .collectRows<{ _value: number }>(
          'from(bucket: "bench") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "bench_rate" and r._field == "offered") |> group() |> count()',
        );
    await writeFakeRun(target(first.tokens.write));
    assert.deepEqual(
      (await count(first.tokens.read)).map((row) => row._value),
      [600],
    );
    await assert.rejects(writeFakeRun(target(first.tokens.read)), /were not written/);
    await assert.rejects(count(first.tokens.write), /could not find bucket/);
  });
  it("changes the retention of a bucket with data, and back", async () => {
    for (const retentionSec of [3_600, 604_800, 0]) await provision({ ...one, retentionSec });
    assert.deepEqual((await provision(one)).tokens, first.tokens);
  });
  it("takes on a new password by the previous one, and new tokens, and ends the old ones", async () => {
    const rotated = await provision({ ...two, rotation: 2 });
    for (const name of ["operator", "write", "read"] as const) {
      assert.notEqual(rotated.tokens[name], first.tokens[name]);
    }
    const target = { url, org: wanted.org, bucket: wanted.bucket, token: first.tokens.write };
    await assert.rejects(writeFakeRun(target), /were not written/);
    assert.deepEqual((await provision({ ...two, rotation: 2 })).tokens, rotated.tokens);
  });
  it("says what to do with the data of another stack, and shows no password", async () => {
    const password = { current: "not-the-password", previous: "nor-this-password" };
    const { code, stderr, shown } = await runJob("influx-provision", { url, ...wanted, password });
    assert.equal(code, 1);
    assert.match(stderr, /takes no password of this stack for user admin.*remove the volume/);
    assert.doesNotMatch(shown, /(not-the|nor-this)-password/);
  });
  it("gives up on one that does not come up, and says where to look", async () => {
    await stop();
    const { code, stderr } = await runJob("influx-provision", { url, ...wanted, ...two, timeoutSec: 1 });
    assert.equal(code, 1);
    assert.match(stderr, /did not come up within 1 s \(.*ECONNREFUSED.*docker service logs influxdb/);
  });
});

// The jobs of the bench image, as one bundled file, against real Kafka and InfluxDB processes on this machine.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import { ensureBenchBundle } from "../../cli/setup/benchBundle.ts";
import { ensureMetricsAgent } from "../../cli/setup/metricsAgent.ts";
import { NODE_METRICS } from "../../components/services/telegraf/metrics.ts";
import { ensureKafkaJars } from "../../offline/kafkaJars.ts";
import { makeAuthority, makeCertificate } from "../support/certificates.ts";
import { writeFakeRun } from "../support/fakeRun.ts";
import { InfluxProcess } from "../support/influxProcess.ts";
import { KafkaCluster } from "../support/kafkaCluster.ts";
import { startTelegraf } from "../support/telegrafProcess.ts";

let bundle: string;
before(async () => {
  bundle = await ensureBenchBundle();
});

/** Runs a job as the image does. `shown` is what others can see of it: arguments, environment, standard error. */
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
    const [jars, agent] = await Promise.all([ensureKafkaJars(), ensureMetricsAgent()]);
    cluster = await KafkaCluster.start({ jars, agent, brokers: 3 });
  });
  after(() => cluster?.dispose());
  const ready = (timeoutSec: number) => runJob("kafka-ready", { target: cluster.target, timeoutSec });
  const changed = (self: string, timeoutSec: number) => ({ self, members: cluster.members, timeoutSec });

  it("send a record through each broker of a cluster that has just started", async () => {
    const result = await resultOf<{ brokers: number[]; clusterId: string }>("kafka-ready", {
      target: cluster.target,
      timeoutSec: 120,
    });
    assert.deepEqual(result.brokers, [1, 2, 3]);
    assert.ok(result.clusterId.length > 10);
  });
  it("report the cluster as settled, and leave no topic of their own", async () => {
    const result = await resultOf("kafka-settled", changed("broker-1", 60));
    assert.deepEqual(result, { partitions: 5 }, "those of the consumers' offsets");
  });
  it("name the broker that was killed, and detect replicas that are behind", async () => {
    await cluster.stopBroker(2, "SIGKILL");
    const port = cluster.target.brokers[1]?.port;
    const [notReady, unsettled] = await Promise.all([
      ready(6),
      runJob("kafka-settled", changed("broker-2", 20)),
    ]);
    assert.equal(notReady.code, 1);
    assert.match(
      notReady.stderr,
      new RegExp(`not ready: timed out waiting for localhost:${port} .*ECONNREFUSED`),
    );
    assert.equal(unsettled.code, 1);
    assert.match(unsettled.stderr, /did not settle within 20 s: .*broker-2: connect ECONNREFUSED/);
    assert.match(unsettled.stderr, /broker-[13]: \d partitions are under-replicated/);
  });
  it("wait only for a changed broker if the others form a quorum", async () => {
    await cluster.stopBroker(1);
    await cluster.startBroker(1);
    assert.deepEqual(await resultOf("kafka-settled", changed("broker-1", 90)), { absent: ["broker-2"] });
  });
  it("wait for nothing if there is no quorum", async () => {
    await cluster.stopBroker(3, "SIGKILL");
    const { code, stdout, stderr } = await runJob("kafka-settled", changed("broker-1", 90));
    assert.equal(code, 0);
    const skipped = "broker-2, broker-3 are down, so there is no quorum";
    assert.deepEqual(JSON.parse(stdout), { skipped });
    assert.match(stderr, /^not waiting for broker-1: /);
  });
  it("wait until all brokers are back and have caught up", async () => {
    await Promise.all([cluster.startBroker(2), cluster.startBroker(3)]);
    await resultOf("kafka-ready", { target: cluster.target, timeoutSec: 120 });
    assert.deepEqual(await resultOf("kafka-settled", changed("broker-3", 90)), { partitions: 5 });
  });
});

describe("the Kafka jobs with TLS and SCRAM", () => {
  let cluster: KafkaCluster;
  before(async () => {
    cluster = await KafkaCluster.start({ jars: await ensureKafkaJars(), brokers: 1, secure: true });
  });
  after(() => cluster?.dispose());

  it("connect with the password and the certificate authority", async () => {
    await resultOf("kafka-ready", { target: cluster.target, timeoutSec: 120 });
  });
  it("report a wrong password without printing it", async () => {
    const security = { ...cluster.target.security, password: "not-the-password" };
    const input = { target: { ...cluster.target, security }, timeoutSec: 3 };
    const { code, stderr, shown } = await runJob("kafka-ready", input);
    assert.equal(code, 1);
    assert.match(stderr, /authentication failed.*different passwords or certificates/i);
    assert.doesNotMatch(shown, /not-the-password/);
  });
});

type Tokens = Record<"operator" | "write" | "read", string>;

describe("the InfluxDB jobs", () => {
  let influxd: InfluxProcess;
  let url = "";
  const wanted = { org: "swarmbench", bucket: "bench", user: "admin" };
  const provision = (own: object) =>
    resultOf<{ orgId: string; bucketId: string }>("influx-provision", {
      url,
      ...wanted,
      retentionSec: 0,
      ...own,
    });
  const makeTokens = async (own: object) =>
    (await resultOf<{ tokens: Tokens }>("influx-tokens", { url, ...wanted, rotation: 0, ...own })).tokens;
  const one = { password: { current: "password-one", previous: "password-one" } };
  const two = { password: { current: "password-two", previous: "password-one" } };

  before(async () => {
    influxd = await InfluxProcess.prepare();
    url = `http://${influxd.address}`;
    await influxd.start();
  });
  after(() => influxd?.dispose());

  let ids: object;
  let first: Tokens;
  it("set up a new InfluxDB, and create its tokens", async () => {
    ids = await provision(one);
    assert.deepEqual(Object.keys(ids), ["orgId", "bucketId"]);
    first = await makeTokens(one);
    assert.equal(new Set(Object.values(first)).size, 3);
  });
  it("change nothing the second time or after a restart", async () => {
    await influxd.stop();
    await influxd.start();
    assert.deepEqual(await provision(one), ids);
    assert.deepEqual(await makeTokens(one), first);
  });
  it("create one token that can only write and one that can only read", async () => {
    const target = (token: string) => ({ url, org: wanted.org, bucket: wanted.bucket, token });
    const count = (token: string) =>
      new InfluxDB({ url, token })
        .getQueryApi(wanted.org)
        .collectRows<{ _value: number }>(
          'from(bucket: "bench") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "bench_rate" and r._field == "offered") |> group() |> count()',
        );
    await writeFakeRun(target(first.write));
    assert.deepEqual(
      (await count(first.read)).map((row) => row._value),
      [600],
    );
    await assert.rejects(writeFakeRun(target(first.read)), /were not written/);
    await assert.rejects(count(first.write), /could not find bucket/);
  });
  it("change the retention of a bucket with data, and back, without changing the tokens", async () => {
    for (const retentionSec of [3_600, 604_800, 0]) {
      assert.deepEqual(await provision({ ...one, retentionSec }), ids);
    }
    assert.deepEqual(await makeTokens(one), first);
  });
  it("set a new password with the previous one and new tokens, and revoke the old ones", async () => {
    assert.deepEqual(await provision(two), ids);
    const rotated = await makeTokens({ ...two, rotation: 2 });
    for (const name of ["operator", "write", "read"] as const) assert.notEqual(rotated[name], first[name]);
    const target = { url, org: wanted.org, bucket: wanted.bucket, token: first.write };
    await assert.rejects(writeFakeRun(target), /were not written/);
    assert.deepEqual(await makeTokens({ ...two, rotation: 2 }), rotated);
  });
  for (const [job, own] of [
    ["influx-provision", { retentionSec: 0 }],
    ["influx-tokens", { rotation: 2 }],
  ] as const) {
    it(`(${job}) give a hint for data of another stack, and print no password`, async () => {
      const password = { current: "not-the-password", previous: "nor-this-password" };
      const { code, stderr, shown } = await runJob(job, { url, ...wanted, ...own, password });
      assert.equal(code, 1);
      assert.match(stderr, /accepts none of this stack's passwords for user admin.*remove the volume/);
      assert.doesNotMatch(shown, /(not-the|nor-this)-password/);
    });
  }
  it("fail to create a token for a bucket that does not exist", async () => {
    const input = { url, ...wanted, ...two, rotation: 2, bucket: "other" };
    const { code, stderr } = await runJob("influx-tokens", input);
    assert.equal(code, 1);
    assert.match(stderr, /has no bucket other of organisation swarmbench\. .*influxdb\.rotation/);
  });
  it("time out if InfluxDB does not start, with a hint where to look", async () => {
    await influxd.stop();
    const input = { url, ...wanted, ...two, retentionSec: 0, timeoutSec: 1 };
    const { code, stderr } = await runJob("influx-provision", input);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /timed out after 1 s waiting for InfluxDB .*ECONNREFUSED.*docker service logs influxdb/,
    );
  });
});

describe("the InfluxDB jobs with TLS", () => {
  const authority = makeAuthority();
  const other = makeAuthority();
  const newKey = () => makeCertificate(authority, ["influxdb", "localhost", "127.0.0.1"]);
  const place = { org: "swarmbench", bucket: "bench" };
  const login = { ...place, user: "admin", password: { current: "password-one" } };
  let influxd: InfluxProcess;
  let url = "";
  let tokens: Tokens;
  before(async () => {
    influxd = await InfluxProcess.prepare();
    url = `https://${influxd.address}`;
    await influxd.start(newKey());
  });
  after(() => influxd?.dispose());
  const target = (token: string, ca = authority.certificate) => ({ url, ca, ...place, token });

  it("set up InfluxDB, and create its tokens", async () => {
    const server = { url, ca: authority.certificate };
    await resultOf("influx-provision", { ...server, ...login, retentionSec: 0 });
    const input = { ...server, ...login, rotation: 0 };
    tokens = (await resultOf<{ tokens: Tokens }>("influx-tokens", input)).tokens;
    assert.equal(new Set(Object.values(tokens)).size, 3);
  });
  it("have the points of a run written, and refuse to write to another authority's server", async () => {
    await writeFakeRun(target(tokens.write));
    await assert.rejects(writeFakeRun(target(tokens.write, other.certificate)), ({ cause }: Error) =>
      /certificate|signature/.test(String(cause)),
    );
  });
  it("find the samples of a Telegraf that verifies the certificate", async () => {
    const collector = await startTelegraf(target(tokens.write), influxd.folder);
    const errors = text(collector.stderr);
    try {
      const series = [{ measurement: NODE_METRICS.telegraf.name, tag: "collector", values: ["kafka"] }];
      const input = { influx: target(tokens.read), series, timeoutSec: 60 };
      assert.deepEqual(await resultOf("metrics-ready", input), { series: 1 });
    } finally {
      const exit = once(collector, "exit");
      collector.kill();
      await exit;
    }
    assert.doesNotMatch(await errors, /x509|certificate/);
  });
  it("find none of a Telegraf that trusts another authority", async () => {
    const collector = await startTelegraf(target(tokens.write, other.certificate), influxd.folder, "--once");
    assert.match(await text(collector.stderr), /x509: certificate signed by unknown authority/);
  });
  for (const [what, server] of [
    ["whose certificate another authority signed", () => ({ url, ca: other.certificate })],
    ["if they know no authority", () => ({ url })],
    ["that they reach in clear text", () => ({ url: url.replace("https:", "http:") })],
  ] as const) {
    it(`refuse an InfluxDB ${what}, and print no password`, async () => {
      const input = { ...server(), ...login, retentionSec: 0, timeoutSec: 1 };
      const { code, stderr, shown } = await runJob("influx-provision", input);
      assert.equal(code, 1);
      assert.match(stderr, /timed out after 1 s .*(certificate|signature|HTTPS server)/);
      assert.doesNotMatch(shown, /password-one/);
    });
  }
  it("accept a new certificate of the same authority", async () => {
    await influxd.stop();
    await influxd.start(newKey());
    const input = { url, ca: authority.certificate, ...login, rotation: 0 };
    assert.deepEqual((await resultOf<{ tokens: Tokens }>("influx-tokens", input)).tokens, tokens);
  });
});

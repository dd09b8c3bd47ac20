import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { parseSettings } from "../../../config/settings.ts";
import {
  declareOn,
  fakeCertificate,
  fakeTokens,
  fileText,
  imageOf,
  type Program,
} from "../../../test/support/deployment.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import { InfluxDb } from "../influxdb/influxdb.ts";
import { Kafka } from "../kafka/kafka.ts";
import { Telegraf } from "./telegraf.ts";

const { kafka, influxdb, telegraf } = parseSettings(
  { nodes: "4", kafka: '{"brokers":2}', telegraf: '{"interval":"5 seconds","cpus":0.5}' },
  "local",
  "ann",
).services;
const declareTelegraf = ({ withKafka = true, tls = false, limits = telegraf?.limits ?? {} } = {}) =>
  declareOn((deployment) => {
    assert.ok(kafka && influxdb && telegraf);
    const brokers = withKafka ? { kafka: new Kafka("kafka", { deployment, settings: kafka }) } : {};
    const store = new InfluxDb("influxdb", { deployment, settings: { ...influxdb, tls } });
    return new Telegraf("telegraf", {
      deployment,
      settings: { ...telegraf, limits },
      influxdb: store,
      ...brokers,
    });
  });

let program: Program<Telegraf>;
before(async () => {
  program = await declareTelegraf();
});
const collectors = ["telegraf", "telegraf-kafka"];
const taskOf = (name: string) => program.get(`Service ${name}`).inputs.taskSpec as Record<string, unknown>;

describe("Telegraf", () => {
  it("runs on every node for the node, and once on the monitor node for all brokers", () => {
    const modes = collectors.map((name) => program.get(`Service ${name}`).inputs.mode);
    assert.deepEqual(modes, [{ global: true }, { replicated: { replicas: 1 } }]);
    assert.deepEqual(taskOf("telegraf-kafka").placement, { constraints: ["node.hostname==node1"] });
  });

  it("mounts the node's counters only on nodes, and read-only", () => {
    const mounts = program.container("telegraf").mounts as { type: string; readOnly: boolean }[];
    assert.ok(mounts.length > 0);
    assert.ok(mounts.every(({ type, readOnly }) => type === "bind" && readOnly));
    assert.deepEqual(program.container("telegraf-kafka").mounts, []);
  });

  for (const name of collectors) {
    it(`(${name}) runs the testbed's image within its limits, and publishes nothing`, () => {
      assert.equal(program.container(name).image, imageOf("telegraf"));
      assert.deepEqual(taskOf(name).resources, { limits: { nanoCpus: 500_000_000, memoryBytes: 0 } });
      assert.deepEqual(program.get(`Service ${name}`).inputs.endpointSpec, { mode: "dnsrr", ports: [] });
    });

    it(`(${name}) gets the manager's address, by which it finds the test network`, () => {
      const { SWARMBENCH_NETWORK_ADDRESS: address } = program.container(name).env as Record<string, string>;
      assert.equal(address, "10.9.8.10");
    });

    it(`(${name}) has the write-only token as a secret file`, () => {
      assert.deepEqual(program.container(name).secrets, [
        {
          secretId: "telegraf-token-id",
          secretName: "telegraf-token-drawn",
          fileName: "/run/secrets/influx_token",
        },
      ]);
      assert.equal(fileText(program.get("Secret telegraf-token")), fakeTokens.write);
    });

    it(`(${name}) has its configuration as a file, with the configured interval and without the token`, () => {
      const [{ configId, fileName } = {}] = program.container(name).configs as Record<string, string>[];
      assert.deepEqual([configId, fileName], [`${name}-config-id`, "/etc/telegraf/telegraf.conf"]);
      const text = fileText(program.get(`ServiceConfig ${name}-config`));
      assert.match(text, /interval *= *"5s"/);
      assert.ok(!text.includes(fakeTokens.write));
    });
  }

  it("samples every broker", () => {
    const text = fileText(program.get("ServiceConfig telegraf-kafka-config"));
    for (const broker of ["broker-1", "broker-2"]) assert.ok(text.includes(`http://${broker}:8778/jolokia`));
  });

  it("exposes no secret in any resource", () => assert.deepEqual(program.leaks, []));

  it("verifies InfluxDB's certificate with the stack's authority if InfluxDB has TLS, and so does its job", async () => {
    const secure = await declareTelegraf({ tls: true });
    const ca = fakeCertificate("influxdb-ca");
    for (const name of collectors) {
      const configs = secure.container(name).configs as { configId: string; fileName: string }[];
      const mounted = configs.map(({ configId, fileName }) => [configId, fileName]);
      assert.deepEqual(mounted.at(-1), ["telegraf-ca-id", "/etc/telegraf/influxdb-ca.pem"]);
      const text = fileText(secure.get(`ServiceConfig ${name}-config`));
      assert.match(text, /"https:\/\/influxdb:8086"/);
      assert.match(text, /\ntls_ca = "\/etc\/telegraf\/influxdb-ca\.pem"\n/);
    }
    assert.equal(fileText(secure.get("ServiceConfig telegraf-ca")), ca);
    const { influx } = secure.jobInput("telegraf-ready") as { influx: Record<string, string> };
    assert.deepEqual([influx.url, influx.ca], ["https://influxdb:8086", ca]);
    assert.match(String(secure.get("Command telegraf-ready").inputs.stdin), /^MARKS='.* telegraf-ca-id /m);
    assert.deepEqual(secure.leaks, []);
  });
});

describe("Telegraf is ready", () => {
  const series = (of: Program<Telegraf>) =>
    (of.jobInput("telegraf-ready").series as { tag: string; values: string[] }[]).map(({ tag, values }) => [
      tag,
      ...values,
    ]);

  it("once there are samples of every node and of every broker", () => {
    assert.deepEqual(series(program), [
      ["host", "node1", "node2", "node3", "node4", "node5"],
      ["broker", "broker-1", "broker-2"],
    ]);
  });

  it("once there are samples of every node if there is no Kafka", async () => {
    const alone = await declareTelegraf({ withKafka: false });
    assert.deepEqual(series(alone), [["host", "node1", "node2", "node3", "node4", "node5"]]);
    assert.equal(alone.resources.has("Service telegraf-kafka"), false);
  });

  it("by a query with the read token, which the job gets as a secret", () => {
    const { influx } = program.jobInput("telegraf-ready");
    assert.equal((influx as { token: string }).token, fakeTokens.read);
    assert.ok(program.get("Command telegraf-ready").secrets.includes("stdin"));
  });

  it("within two minutes plus one interval", () => {
    assert.equal(program.jobInput("telegraf-ready").timeoutSec, 125);
  });

  it("only by samples of tasks with the current settings: it waits for the task on each node, and for the brokers' task", () => {
    const script = String(program.get("Command telegraf-ready").inputs.stdin);
    assert.ok(script.includes(awaitTasksScript("telegraf", 5)));
    assert.ok(script.includes(awaitTasksScript("telegraf-kafka", 1)));
  });

  it("without waiting for the brokers' task if there is no Kafka", async () => {
    const alone = await declareTelegraf({ withKafka: false });
    const script = String(alone.get("Command telegraf-ready").inputs.stdin);
    assert.ok(script.includes(awaitTasksScript("telegraf", 5)));
    assert.doesNotMatch(script, /telegraf-kafka/);
  });

  it("again whenever a collector, its configuration, token, image or limits change", async () => {
    const { inputs } = program.get("Command telegraf-ready");
    const marks = /^MARKS='(.*)'$/m.exec(String(inputs.stdin))?.[1]?.split(" ");
    const digests = marks?.filter((mark) => /^[0-9a-f]{16}$/.test(mark)) ?? [];
    const of = (name: string, digest = "no digest of its settings") => [
      `${name}-id`,
      `${name}-config-id`,
      "telegraf-token-id",
      imageOf("telegraf"),
      digest,
    ];
    assert.deepEqual(marks, [
      "node1-ready",
      ...of("telegraf", digests[0]),
      ...of("telegraf-kafka", digests[1]),
    ]);
    const other = await declareTelegraf({ limits: { cpus: 0.7 } });
    const script = String(other.get("Command telegraf-ready").inputs.stdin);
    for (const digest of digests) assert.ok(!script.includes(digest), "other limits have another digest");
  });
});

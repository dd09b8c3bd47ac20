import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { parseSettings } from "../../../config/settings.ts";
import {
  ALL_IMAGES,
  declareOn,
  fakeCertificate,
  fakeTokens,
  fileText,
  imageOf,
  type Program,
  secrecy,
  secretOf,
} from "../../../test/support/deployment.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import { InfluxDb } from "../influxdb/influxdb.ts";
import { dashboards } from "./dashboards/index.ts";
import { Grafana } from "./grafana.ts";

const declareGrafana = (rotation = 0, tls = false) =>
  declareOn(
    (deployment) => {
      const { influxdb, grafana } = parseSettings(
        { influxdb: '{"organization":"lab","bucket":"runs"}' },
        "local",
        "ann",
      ).services;
      assert.ok(influxdb && grafana);
      const store = new InfluxDb("influxdb", { deployment, settings: { ...influxdb, tls } });
      return new Grafana("grafana", { deployment, settings: { ...grafana, rotation }, influxdb: store });
    },
    { images: ALL_IMAGES },
  );
let program: Program<Grafana>;
before(async () => {
  program = await declareGrafana();
});
const environment = () => program.container("grafana").env as Record<string, string>;
/** The text of each file of a task, by its path. */
function files(of: Program<Grafana> = program): Record<string, string> {
  const { secrets, configs } = of.container("grafana") as Record<string, Record<string, string>[]>;
  const read = (kind: string, id = "") => fileText(of.get(`${kind} ${id.replace(/-id$/, "")}`));
  return Object.fromEntries([
    ...(secrets ?? []).map(({ fileName, secretId }) => [fileName, read("Secret", secretId)]),
    ...(configs ?? []).map(({ fileName, configId }) => [fileName, read("ServiceConfig", configId)]),
  ]);
}

/** The one data source that is provisioned. */
function dataSource(of: Program<Grafana> = program) {
  const path = "/etc/grafana/provisioning/datasources/influxdb.yaml";
  const { datasources } = JSON.parse(files(of)[path] ?? assert.fail());
  assert.equal(datasources.length, 1);
  return datasources[0];
}
/** The text of the file that a provisioned value refers to. */
function referredTo(value: string, of: Program<Grafana> = program): string | undefined {
  return files(of)[/^\$__file\{(.*)\}$/.exec(value)?.[1] ?? ""];
}

describe("Grafana", () => {
  it("runs the testbed's image on the monitor node, with its database on a volume", () => {
    assert.equal(program.container("grafana").image, imageOf("grafana"));
    assert.equal(program.result.node.name, "node1");
    const [mount] = program.container("grafana").mounts as Record<string, unknown>[];
    assert.deepEqual([mount?.source, mount?.target], ["grafana-volume-node1-printed", "/var/lib/grafana"]);
  });

  it("publishes no port, and has no health check", () => {
    assert.deepEqual(program.get("Service grafana").inputs.endpointSpec, { mode: "dnsrr", ports: [] });
    assert.deepEqual((program.container("grafana").healthcheck as { tests: string[] }).tests, ["NONE"]);
  });

  it("reads its password and the key of its database from mounted secret files", () => {
    const { GF_SECURITY_ADMIN_PASSWORD: password, GF_SECURITY_SECRET_KEY: key } = environment();
    const fileOf = (text = "") => files()[/^\$__file\{(\/run\/secrets\/\w+)\}$/.exec(text)?.[1] ?? ""];
    assert.equal(fileOf(password), secretOf("grafana-password", "current"));
    assert.equal(fileOf(key), secretOf("grafana-secret-key", "current"));
  });

  it("requires a login, and makes no requests to the internet", () => {
    const off = Object.entries(environment()).filter(([, value]) => value === "false");
    assert.deepEqual(off.map(([name]) => name).sort(), [
      "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES",
      "GF_ANALYTICS_CHECK_FOR_UPDATES",
      "GF_ANALYTICS_REPORTING_ENABLED",
      "GF_AUTH_ANONYMOUS_ENABLED",
      "GF_NEWS_NEWS_FEED_ENABLED",
      "GF_PLUGINS_PLUGIN_ADMIN_ENABLED",
      "GF_PLUGINS_PREINSTALL_AUTO_UPDATE",
      "GF_USERS_ALLOW_SIGN_UP",
    ]);
  });

  it("has InfluxDB as its data source, with the read token from a mounted file", () => {
    const { uid, url, jsonData, secureJsonData } = dataSource();
    assert.deepEqual([uid, url], ["influxdb", "http://influxdb:8086"]);
    assert.deepEqual(
      [jsonData.version, jsonData.organization, jsonData.defaultBucket],
      ["Flux", "lab", "runs"],
    );
    assert.equal(referredTo(secureJsonData.token), fakeTokens.read);
    assert.deepEqual(Object.keys(secureJsonData), ["token"]);
  });

  it("verifies InfluxDB's certificate with the stack's authority if InfluxDB has TLS", async () => {
    const secure = await declareGrafana(0, true);
    const { url, jsonData, secureJsonData } = dataSource(secure);
    assert.equal(url, "https://influxdb:8086");
    assert.deepEqual([jsonData.tlsAuthWithCACert, jsonData.tlsSkipVerify], [true, undefined]);
    assert.equal(referredTo(secureJsonData.tlsCACert, secure), fakeCertificate("influxdb-ca"));
    assert.equal(referredTo(secureJsonData.token, secure), fakeTokens.read);
    assert.deepEqual(secure.leaks, []);
  });

  it("has every dashboard in the provider's folder, and one of them as its home", () => {
    const { providers } = JSON.parse(
      files()["/etc/grafana/provisioning/dashboards/swarmbench.yaml"] ?? assert.fail(),
    );
    const folder = providers[0].options.path;
    const there = Object.entries(files()).filter(([path]) => path.startsWith(`${folder}/`));
    const expected = Object.entries(dashboards()).map(([name, dashboard]) => [
      `${folder}/${name}.json`,
      JSON.parse(JSON.stringify(dashboard)),
    ]);
    assert.deepEqual(
      there.map(([path, text]) => [path, JSON.parse(text)]),
      expected,
    );
    assert.ok(Object.hasOwn(files(), environment().GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? ""));
  });

  it("has configs below 500 kB each, which swarm can store", () => {
    for (const { name, inputs } of program.all("ServiceConfig")) {
      assert.ok(Buffer.from(String(inputs.data), "base64").length < 500_000, name);
    }
  });

  it("is ready once it accepts the password, has every dashboard, and reaches InfluxDB, which is deployed before", () => {
    assert.deepEqual(program.jobInput("grafana-provision"), {
      url: "http://grafana:3000",
      user: "admin",
      password: {
        current: secretOf("grafana-password", "current"),
        previous: secretOf("grafana-password", "previous"),
      },
      dataSource: "influxdb",
      dashboards: Object.values(dashboards()).map(({ uid }) => uid),
    });
    const { dependencies } = program.get("Command grafana-provision");
    assert.ok(dependencies.includes("Service grafana") && dependencies.includes("Command influxdb-tokens"));
  });

  it("is checked on a task with the current settings", () => {
    const { inputs } = program.get("Command grafana-provision");
    assert.ok(String(inputs.stdin).includes(awaitTasksScript("grafana", 1)));
  });

  it("is checked again when one of its files or its machine changes, but not for new output of InfluxDB's job", () => {
    const { inputs } = program.get("Command grafana-provision");
    const marks = /^MARKS='(.*)'$/m.exec(String(inputs.stdin))?.[1]?.split(" ");
    const { configs, secrets } = program.container("grafana") as {
      configs: { configId: string }[];
      secrets: { secretId: string }[];
    };
    assert.ok(configs.length > Object.keys(dashboards()).length);
    assert.deepEqual(marks, [
      "node1-ready",
      "grafana-id",
      ...secrets.map(({ secretId }) => secretId),
      ...configs.map(({ configId }) => configId),
      "node1-ready",
    ]);
  });

  it("exposes no secret in any resource", async () => {
    assert.deepEqual(await secrecy({ password: program.result.password }), { password: true });
    assert.ok(program.get("Command grafana-provision").secrets.includes("stdin"));
    assert.deepEqual(program.leaks, []);
  });

  it("gets a new password by rotation, and keeps the key of its database", async () => {
    const turned = await declareGrafana(1);
    const drawn = (of: Program<Grafana>, name: string) => of.get(`Command ${name}`).inputs;
    assert.notDeepEqual(drawn(turned, "grafana-password"), drawn(program, "grafana-password"));
    assert.deepEqual(drawn(turned, "grafana-secret-key"), drawn(program, "grafana-secret-key"));
  });
});

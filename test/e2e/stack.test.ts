import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import { DASHBOARDS, panelQueries } from "../../components/services/grafana/dashboards/index.ts";
import { BENCHMARK_IN_UP, describeBenchmark } from "../support/benchmarkClaims.ts";
import { eventually } from "../support/eventually.ts";
import { type FakeRun, writeFakeRun } from "../support/fakeRun.ts";
import { isInstalled, skipWithoutGrafana } from "../support/installed.ts";
import { KafkaTopic } from "../support/kafkaTools.ts";
import { rowCount } from "../support/panels.ts";
import { TestProject } from "../support/project.ts";
import { assertHidden, secretsOf } from "../support/secrets.ts";
import { runningTasks, wholeServices } from "../support/swarm.ts";
import { ask, type OpenUis, openUis } from "../support/uis.ts";

interface Outputs {
  ready: boolean;
  influxdb: { organization: string; bucket: string; token: string };
  uis: { name: string; password: string }[];
}

/** Longer than swarm needs to notice a missing node and to restart its tasks, in milliseconds. */
const HEALING_MS = 180_000;

/** Grafana is only deployed if setup has its image; the queries of its dashboards are checked in any case. */
const withoutGrafana = skipWithoutGrafana();
const SERVICES = [
  "broker-1",
  "consumers",
  ...(withoutGrafana ? [] : ["grafana"]),
  "influxdb",
  "producers",
  "telegraf",
  "telegraf-kafka",
];

/** All services on three nodes; each test continues with the state of the previous one. */
describe("the stack", { concurrency: 1 }, () => {
  let project: TestProject;
  let uis: OpenUis | undefined;
  let run: FakeRun;
  let topic: KafkaTopic;
  /** Including the secrets before a rotation. */
  const secrets = new Set<string>();

  /** The web interfaces, through newly opened tunnels. */
  const reopen = async (): Promise<OpenUis> => {
    await uis?.close();
    uis = await openUis(project);
    return uis;
  };
  const opened = () => uis ?? assert.fail("the tunnels are not open");
  const openedGrafana = () => opened().grafana ?? assert.fail("npm run ui did not open Grafana");
  const rememberSecrets = async () => {
    for (const secret of await secretsOf(project)) secrets.add(secret);
  };
  /** How many points of the run InfluxDB has. */
  const storedPoints = async (): Promise<number> => {
    const { influxdb } = await project.secretOutputs<Outputs>();
    const api = new InfluxDB({ url: opened().influxdb.url, token: influxdb.token });
    const rows = await api.getQueryApi(influxdb.organization).collectRows<{ _value: number }>(
      `from(bucket: "${influxdb.bucket}") |> range(start: -1h)
         |> filter(fn: (r) => r._measurement == "bench_latency" and r._field == "p99" and r.run == "${run.run}")
         |> group() |> count()`,
    );
    return rows[0]?._value ?? 0;
  };

  before(async () => {
    project = await TestProject.create("stack", {
      ...BENCHMARK_IN_UP,
      nodes: "3",
      namespace: "e2e",
      "clockSync.kind": "ptpd", // the dashboards show it
      "testbed.kind": "local",
      "kafka.enabled": "true",
      "kafka.heap": "512 MiB",
      "influxdb.enabled": "true",
      "telegraf.enabled": "true",
      "grafana.enabled": String(!withoutGrafana),
    });
    topic = new KafkaTopic(project, "orders", { broker: "broker-1", node: "node2" });
  });
  after(async () => {
    await uis?.close();
    await project.dispose();
  });

  for (const name of ["Portainer", "Grafana"]) {
    const key = name.toLowerCase();
    const skip = isInstalled(key) ? `setup has the image of ${name}` : false;
    it(`is refused with ${name} if its images are not available, before anything changes`, {
      skip,
    }, async () => {
      await project.configure({ [`${key}.enabled`]: "true" });
      const { code, text } = await project.up();
      await project.configure({ [`${key}.enabled`]: "false" });
      assert.notEqual(code, 0);
      assert.match(text, new RegExp(`${name} is not available: only its maker has an image`));
      assert.deepEqual(await project.remains(), []);
    });
  }

  it("is up once Kafka, InfluxDB, Telegraf on every node, and Grafana are ready", async () => {
    await project.recordedUp();
    assert.equal((await project.outputs<Outputs>()).ready, true);
    assert.deepEqual(await wholeServices(project), SERVICES);
    await rememberSecrets();
  });

  it("changes nothing at a second up or a refresh", async () => {
    await project.recordedUp("--expect-no-changes");
    await project.mustPulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    await project.recordedUp("--expect-no-changes");
  });

  describeBenchmark(() => project);

  it("publishes no port: nodes listen only for SSH and swarm, and the manager for the registry", async () => {
    for (const node of ["node1", "node2", "node3"]) {
      const listening = await project.on(
        node,
        "ss -Hltn | awk '{ print $4 }' | grep -v '^127\\.' | sed 's/.*://' | sort -un",
      );
      const allowed = new Set(["22", "2377", "5000", "7946"]);
      assert.deepEqual(
        listening
          .trim()
          .split("\n")
          .filter((port) => !allowed.has(port)),
        [],
      );
    }
  });

  it("prints the correct URL, user and password of each web UI with `npm run ui`", async () => {
    const { grafana, influxdb } = await reopen();
    await ask(influxdb, "/api/v2/signin", {});
    assert.equal(grafana === undefined, withoutGrafana !== false);
    if (grafana) assert.equal((await ask<{ login: string }>(grafana, "/api/user")).login, grafana.user);
    const urls = [influxdb.url, ...(grafana ? [grafana.url] : [])];
    for (const url of urls) assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("has a healthy data source and every dashboard in Grafana", { skip: withoutGrafana }, async () => {
    const grafana = openedGrafana();
    const health = await ask<{ status: string }>(grafana, "/api/datasources/uid/influxdb/health");
    assert.equal(health.status, "OK");
    for (const { uid, title } of Object.values(DASHBOARDS)) {
      const { dashboard } = await ask<{ dashboard: { title: string } }>(
        grafana,
        `/api/dashboards/uid/${uid}`,
      );
      assert.equal(dashboard.title, title);
    }
  });

  it("has data for every query of every panel after a run", async () => {
    const { influxdb } = opened();
    const { organization: org, bucket, token } = (await project.secretOutputs<Outputs>()).influxdb;
    run = await writeFakeRun({ url: influxdb.url, org, bucket, token });
    assert.ok(panelQueries().length > 20, "there are too few queries to be meaningful");
    const api = new InfluxDB({ url: influxdb.url, token }).getQueryApi(org);
    const fields = `import "influxdata/influxdb/schema"\nschema.fieldKeys(bucket: "${bucket}", start: -1h)`;
    await eventually(async () => {
      const empty: string[] = [];
      for (const { dashboard, panel, refId, query } of panelQueries()) {
        if ((await rowCount(api, bucket, query, run)) === 0)
          empty.push(`${dashboard}: ${panel} (${refId})\n${query}`);
      }
      if (empty.length === 0) return;
      const stored = (await api.collectRows<{ _value: string }>(fields)).map(({ _value }) => _value);
      assert.fail(`no data:\n${empty.join("\n")}\nInfluxDB has the fields ${stored.join(", ")}`);
    });
  });

  const CHANGES = [
    ["grafana", "grafana.memory", "512 MiB", /^grafana/],
    ["influxdb", "influxdb.retention", "20 days", /^influxdb/],
    ["kafka", 'kafka.config["log.retention.hours"]', "24", /^(kafka|broker)-/],
  ] as const;
  for (const [part, setting, value, services] of CHANGES) {
    const skip = part === "grafana" && withoutGrafana;
    it(`would only change ${part} if ${setting} is changed`, { skip }, async () => {
      await project.configure({ [setting]: value });
      const { steps } = JSON.parse(await project.mustPulumi("preview", "--json")) as {
        steps: { op: string; urn: string }[];
      };
      await project.must("pulumi", "config", "rm", "--stack", project.stack, "--path", setting);
      // The job that removes what is no longer declared has the ids of all files of services.
      const changed = steps
        .filter(({ op }) => op !== "same")
        .map(({ urn }) => urn.split("::").at(-1) ?? "")
        .filter((name) => name !== "undeclared");
      assert.ok(
        changed.some((name) => services.test(name)),
        `${setting} changes nothing of ${part}`,
      );
      assert.deepEqual(
        changed.filter((name) => !services.test(name)),
        [],
      );
    });
  }

  it("changes these services in place, and no task of any other", async () => {
    const ofOthers = async () =>
      (await runningTasks(project)).filter(
        ({ service }) => !CHANGES.some(([, , , services]) => services.test(service)),
      );
    const idsOf = async (service: string) =>
      (await runningTasks(project)).filter((task) => task.service === service).map(({ id }) => id);
    const replaced = withoutGrafana ? ["broker-1"] : ["broker-1", "grafana"];
    const old = await Promise.all(replaced.map(idsOf));
    const before = await ofOthers();
    await project.configure(Object.fromEntries(CHANGES.map(([, setting, value]) => [setting, value])));
    await project.recordedUp();
    assert.deepEqual(await ofOthers(), before);
    for (const [index, service] of replaced.entries()) {
      assert.notDeepEqual(await idsOf(service), old[index], service);
    }
  });

  it("accepts only the new passwords and tokens after a rotation", async () => {
    const { grafana, influxdb } = await reopen();
    await project.configure({ "grafana.rotation": "1", "influxdb.rotation": "1" });
    await project.recordedUp();
    await rememberSecrets();
    const fresh = await reopen();
    if (grafana) {
      const newGrafana = openedGrafana();
      await ask(newGrafana, "/api/user");
      await assert.rejects(ask({ ...newGrafana, basic: grafana.basic }, "/api/user"), /401/);
    }
    await ask(fresh.influxdb, "/api/v2/signin", {});
    await assert.rejects(ask({ ...fresh.influxdb, basic: influxdb.basic }, "/api/v2/signin", {}), /401/);
    assert.ok((await storedPoints()) > 0, "the points from before the rotation are there");
    await project.recordedUp("--expect-no-changes");
  });

  it("heals without an up after nodes, including the manager, are restarted and all tasks of another are killed", async () => {
    const { grafana } = opened();
    if (grafana) await ask(grafana, "/api/annotations", { text: "kept", time: run.startMs });
    await topic.create(1);
    await topic.produce("from before");
    const points = await storedPoints();
    await project.on("node3", "docker ps -q --filter label=com.docker.swarm.task.id | xargs -r docker kill");
    await project.docker("restart", "--time", "5", `${project.prefix}-node1`, `${project.prefix}-node2`);
    await expectWhole(points);
    await project.recordedUp("--expect-no-changes");
  });

  it("shows its secrets in no output, state, service, config, container, process or log", async () => {
    await rememberSecrets();
    const { influxdb, uis: list } = await project.secretOutputs<Outputs>();
    for (const secret of [influxdb.token, ...list.map(({ password }) => password)]) {
      assert.ok(secrets.has(secret), "the stack's own secrets are among those that are searched for");
    }
    await assertHidden(project, [...secrets]);
  });

  it("would find a secret that a service shows in plain text, in base64 or in a URL", async () => {
    const { token } = (await project.secretOutputs<Outputs>()).influxdb;
    const labels = [
      ...["--label", `plain='${token}'`],
      ...["--label", `encoded='${Buffer.from(`root:${token}`).toString("base64")}'`],
      ...["--label", `url='${encodeURIComponent(token)}'`],
    ];
    await project.on(
      "node1",
      `docker service create --quiet --detach --no-resolve-image --name planted --replicas 0 ${labels.join(" ")} \
         $(docker image ls -q | head -n 1)`,
    );
    try {
      await assert.rejects(assertHidden(project, [token]), ({ message }: Error) => {
        for (const label of ["plain", "encoded", "url"]) {
          assert.match(message, new RegExp(`services of node1: .*"${label}": "[^"]{0,8}\\[SECRET\\]`));
        }
        assert.ok(!message.includes(token), "and does not show it");
        return true;
      });
    } finally {
      await project.on("node1", "docker service rm planted");
    }
  });

  it("leaves nothing behind after a destroy", async () => {
    await uis?.close();
    uis = undefined;
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await project.remains(), []);
  });

  /** Waits until all services run again with their data. */
  async function expectWhole(points: number): Promise<void> {
    await eventually(async () => assert.deepEqual(await wholeServices(project), SERVICES), HEALING_MS);
    await eventually(async () => {
      const { grafana } = await reopen();
      if (!withoutGrafana) {
        const kept = await ask<{ text: string }[]>(grafana ?? openedGrafana(), "/api/annotations?limit=10");
        assert.deepEqual(
          kept.map(({ text }) => text),
          ["kept"],
        );
      }
      assert.equal(await storedPoints(), points);
      await topic.assertKept();
    }, HEALING_MS);
  }
});

// The benchmark on a real swarm: as the last resource of `up`, and by hand.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import type { BenchSummary } from "../../contract/request";
import { type Run, runSchema } from "../../contract/result";
import { readResults } from "../../report/store";
import { TestProject } from "../support/project";
import { openUis } from "../support/uis";

const SHORT = {
  "benchmark.warmUp.min": "1 second",
  "benchmark.warmUp.max": "9 seconds",
  "benchmark.duration": "5 seconds",
  "benchmark.drain": "15 seconds",
  "benchmark.network.enabled": "false", // network.test.ts has it; here it would take its time in every run
};
const CONFIG = {
  namespace: "e2e",
  "kafka.enabled": "true",
  "influxdb.enabled": "true",
  "grafana.enabled": "true",
  "workload.producers": "20",
  "workload.rate": "10",
  "benchmark.slo.p99Ms": "2000",
  ...SHORT,
};

describe("the benchmark", () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("benchmark", CONFIG);
  });
  after(() => project?.dispose());

  const results = () => path.join(project.directory, "results");
  const runs = () =>
    existsSync(results())
      ? readdirSync(results())
          .filter((name) => /^\d{8}T/.test(name))
          .sort()
      : [];
  const latest = (): Run => readResults(path.join(results(), runs().at(-1) ?? ""));
  const bench = (...args: string[]) =>
    project.run("node", "--import", "tsx", "tools/bench/main.ts", "-s", "benchmark", ...args);
  /** The same, and what happens while it runs. @returns its exit code and what it printed */
  const benchWhile = (args: string[], act: (text: string, pid: number) => void) =>
    new Promise<{ code: number | null; text: string }>((resolve, reject) => {
      const all = ["--import", "tsx", "tools/bench/main.ts", "-s", "benchmark", ...args];
      const child = spawn("node", all, { cwd: project.directory, env: project.environment });
      let text = "";
      const read = (data: Buffer) => {
        text += data;
        act(text, child.pid as number);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, text }));
    });
  /** Does it once, when a pattern is seen. */
  const once = (pattern: RegExp, act: (pid: number) => void) => {
    let done = false;
    return (text: string, pid: number) => {
      if (done || !pattern.test(text)) return;
      done = true;
      act(pid);
    };
  };
  /** The whole word of the last run's only step. */
  const onlyStep = () => {
    const { steps } = latest();
    assert.equal(steps.length, 1);
    return steps[0] as Run["steps"][number];
  };

  it("is the last thing of an up, and shows how far it is", async () => {
    await project.configure({
      "benchmark.run": "true",
      "benchmark.sweep.producers[0]": "5",
      "benchmark.sweep.producers[1]": "20",
    });
    const text = await project.mustUp();
    assert.match(text, /step 1 of 2: producers 5: /);
    assert.match(text, /step 2 of 2: producers 20: measuring: offered \d+\/s, delivered \d+\/s, delay p50/);
  });

  it("has delivered every message, and says so in the stack's outputs", async () => {
    const { benchmark } = await project.outputs<{ benchmark: BenchSummary }>();
    assert.deepEqual(
      benchmark.steps.map(({ values, lost, offeredPerSec }) => [values.producers, lost, offeredPerSec]),
      [
        [5, 0, 50],
        [20, 0, 200],
      ],
    );
    assert.equal(path.dirname(benchmark.results), results());
  });

  it("has written results that follow their schema, a report and plots", () => {
    const folder = path.join(results(), runs().at(-1) ?? "");
    const run = runSchema.parse(JSON.parse(readFileSync(path.join(folder, "run.json"), "utf8")));
    for (const step of run.steps) {
      assert.equal(step.delivered, step.offered);
      assert.equal(step.acked, step.sent);
      assert.deepEqual([step.lost, step.duplicated, step.reordered, step.unsent], [0, 0, 0, 0]);
      assert.equal(step.delayMs.count, step.offered);
      assert.ok((step.brokersCpu ?? 0) > 0 && (step.generator.cpuTotal ?? 0) > 0);
      assert.equal(step.seconds.filter(({ measured }) => measured).length, 5);
    }
    assert.match(readFileSync(path.join(folder, "report.html"), "utf8"), /<svg/);
    assert.deepEqual(readdirSync(path.join(folder, "plots")).sort().slice(0, 2), ["cpu.png", "cpu.svg"]);
  });

  it("has put every second into InfluxDB, and lost no point", async () => {
    const { points, run, steps } = latest();
    assert.ok(points && points.written > 0 && points.lost === 0, JSON.stringify(points));
    type Influx = { url: string; organization: string; bucket: string; token: string };
    const { influxdb } = await project.secretOutputs<{ influxdb: Influx }>();
    const uis = await openUis(project);
    try {
      const query = new InfluxDB({ url: uis.influxdb.url, token: influxdb.token }).getQueryApi(
        influxdb.organization,
      );
      const rows = await query.collectRows<{ _value: number }>(
        `from(bucket: "${influxdb.bucket}") |> range(start: -1h)
           |> filter(fn: (r) => r._measurement == "bench_rate" and r._field == "offered" and r.run == "${run}")
           |> group() |> count()`,
      );
      assert.equal(rows[0]?._value, steps.flatMap(({ seconds }) => seconds).length);
    } finally {
      await uis.close();
    }
  });

  it("is not run again by a second up", async () => {
    const before = runs();
    const text = await project.mustUp();
    assert.match(text, /\d+ unchanged/);
    assert.doesNotMatch(text, /\d+ (created|updated|replaced|changes)/);
    assert.deepEqual(runs(), before);
  });

  it("shows no password or token to who looks at processes, arguments or results", async () => {
    const { influxdb } = await project.secretOutputs<{ influxdb: { token: string } }>();
    assert.ok(!project.stateFile().includes(influxdb.token));
    for (const name of runs()) {
      for (const file of ["run.json", "events.jsonl", "report.html"]) {
        assert.ok(!readFileSync(path.join(results(), name, file), "utf8").includes(influxdb.token), file);
      }
    }
  });

  it("runs by hand with other settings, on both clients, and changes nothing of the stack", async () => {
    for (const client of ["kafkajs", "platformatic"]) {
      const { code, text } = await bench(
        "--set",
        "sweep=null",
        "--set",
        `client=${client}`,
        "--set",
        "acks=1",
      );
      assert.equal(code, 0, text);
      const step = onlyStep();
      assert.deepEqual([step.client, step.acks, step.delivered, step.lost], [client, 1, 1_000, 0]);
    }
    assert.match(await project.mustPulumi("preview"), /\d+ unchanged/);
  });

  it("counts for each group and consumer, with keys, batches and compression", async () => {
    const load = [
      "groups=2",
      "consumers=2",
      'keys={"zipf":{"count":50}}',
      "lingerMs=20",
      "compression=gzip",
      "arrival=poisson",
    ];
    const { code, text } = await bench("--set", "sweep=null", ...load.flatMap((each) => ["--set", each]));
    assert.equal(code, 0, text);
    const step = onlyStep();
    assert.deepEqual([step.groups, step.consumers, step.lost, step.duplicated], [2, 2, 0, 0]);
    assert.equal(step.delivered, step.offered);
    assert.equal(step.delayMs.count, 2 * step.offered, "each group has each message");
  });

  it("connects a thousand producers", async () => {
    const { code, text } = await bench(
      "--set",
      "sweep=null",
      "--set",
      "producers=1000",
      "--set",
      "totalRate=500",
    );
    assert.equal(code, 0, text);
    const step = onlyStep();
    assert.deepEqual([step.producers, step.lost], [1_000, 0]);
    // Half a message per second of each: with their phases, two or three of each in 5 s.
    assert.ok(
      step.delivered === step.offered && Math.abs(step.offered - 2_500) < 100,
      `${step.delivered} of ${step.offered}`,
    );
    assert.ok((step.generator.memoryMiB ?? 0) > 0);
  });

  it("shows a broker that stands still for 2 of 10 seconds as an open loop must", async () => {
    const pause =
      "docker pause $(docker ps -q --filter name=broker-1) >/dev/null && sleep 2 && docker unpause $(docker ps -q --filter name=broker-1)";
    let paused: Promise<string> | undefined;
    const args = ["--set", "sweep=null", "--set", "duration=10 seconds", "--set", "producers=20"];
    const { code, text } = await benchWhile(
      args,
      once(/ measuring: /, () => {
        paused = project.on("node2", pause);
      }),
    );
    await paused;
    assert.equal(code, 0, text);
    const { delayMs, lost, delivered, offered } = onlyStep();
    // Messages are due all the time. Those of the pause wait for its end: 20 % of all, evenly from 2 s to nothing. So
    // half of these wait a second or more (p90), and one in twenty 1.9 s or more (p99); the others are not touched.
    assert.deepEqual([lost, delivered], [0, offered]);
    assert.ok((delayMs.p50 ?? 0) < 500, `p50 ${delayMs.p50}`);
    assert.ok((delayMs.p90 ?? 0) > 800 && (delayMs.p90 ?? 0) < 2_000, `p90 ${delayMs.p90}`);
    assert.ok((delayMs.p99 ?? 0) > 1_800 && (delayMs.p99 ?? 0) < 4_000, `p99 ${delayMs.p99}`);
  });

  it("calls a step failed whose agent died, keeps the others, and goes on", async () => {
    const kill = "docker kill $(docker ps -q --filter name=producers.1)";
    let killed: Promise<string> | undefined;
    const args = ["--set", "sweep.producers=[5,6,7]"];
    const { code, text } = await benchWhile(
      args,
      once(/step 2 of 3: producers 6: measuring/, () => {
        killed = project.on("node3", kill);
      }),
    );
    await killed;
    assert.equal(code, 0, text);
    const { steps, verdict } = latest();
    assert.deepEqual(
      steps.map((step) => step.verdict === "failed"),
      [false, true, false],
    );
    assert.match(steps[1]?.reasons[0] ?? "", /producers\.1/);
    assert.equal(verdict, "failed");
  });

  it("stops in order at Ctrl-C, keeps its finished steps, and goes on with them", async () => {
    const args = ["--set", "sweep.producers=[5,6]"];
    const { code, text } = await benchWhile(
      args,
      once(/step 2 of 2: producers 6: (warming|about)/, (pid) => process.kill(pid, "SIGINT")),
    );
    assert.equal(code, 130, text);
    const name = runs().at(-1) ?? "";
    assert.equal(latest().verdict, "interrupted");
    assert.deepEqual(
      latest().steps.map(({ values }) => values.producers),
      [5],
    );
    assert.match(text, new RegExp(`--resume results/${name}`));

    const resumed = await bench(...args, "--resume", `results/${name}`);
    assert.equal(resumed.code, 0, resumed.text);
    assert.equal(runs().at(-1), name);
    const { steps, endedAt } = latest();
    assert.deepEqual(
      steps.map(({ step, values }) => [step, values.producers]),
      [
        [1, 5],
        [2, 6],
      ],
    );
    assert.ok(endedAt);
  });

  it("lets nobody run a second one meanwhile, and is followed again by who was cut off", async () => {
    const args = ["--set", "sweep=null", "--set", "duration=8 seconds"];
    const cut = await benchWhile(
      args,
      once(/step 1 of 1: .*: warming/, (pid) => process.kill(pid, "SIGKILL")),
    );
    assert.equal(cut.code, null);
    const other = await bench("--set", "sweep=null", "--set", "producers=3");
    assert.equal(other.code, 1);
    assert.match(
      other.text,
      /run \S+ is under way on this stack. Wait for its end, or stop it: npm run bench -- -s benchmark --stop/,
    );
    const before = runs();
    const again = await bench(...args);
    assert.equal(again.code, 0, again.text);
    assert.match(again.text, /following run/);
    assert.deepEqual(runs(), before);
    assert.equal(onlyStep().verdict, "ok");
  });

  it("refuses a workload with every mistake, and starts nothing", async () => {
    const before = runs();
    const { code, text } = await bench(
      "--set",
      "producers=0",
      "--set",
      "arrival=sometimes",
      "--set",
      "slo.p99Ms=-1",
    );
    assert.equal(code, 2);
    for (const mistake of [
      /workload\.producers: expected a whole number/,
      /workload\.arrival: expected constant/,
      /benchmark\.slo\.p99Ms/,
    ]) {
      assert.match(text, mistake);
    }
    assert.deepEqual(runs(), before);
  });

  it("fails with the reason where the topic is there with other settings", async () => {
    const topic = ["--set", "sweep=null", "--set", "topic=mine"];
    assert.equal((await bench(...topic)).code, 0);
    const { code, text } = await bench(...topic, "--set", "partitions=3");
    assert.equal(code, 1);
    assert.match(text, /topic mine is there with other settings \(partitions: 12, wanted 3\)/);
  });

  it("says that the disk is full, stops, and keeps the run for when there is room", async () => {
    const full = path.join(project.directory, "full");
    mkdirSync(full);
    await project.must("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", full);
    try {
      const { code, text } = await bench("--set", "sweep=null", "--results", "full");
      assert.equal(code, 1);
      assert.match(text, /cannot be written: the disk is full\. The run was stopped/);
    } finally {
      await project.must("umount", full);
    }
  });

  it("ends with 3 by --fail-on-slo where a step misses the SLO, and with 0 without", async () => {
    const strict = ["--set", "sweep=null", "--set", "slo.p99Ms=0.1", "--set", "slo.delivered=0"];
    assert.equal((await bench(...strict)).code, 0);
    assert.equal((await bench(...strict, "--fail-on-slo")).code, 3);
  });

  it("fails with the next step where no broker answers", async () => {
    await project.on("node2", "docker pause $(docker ps -q --filter name=broker-1)");
    try {
      const { code, text } = await bench("--set", "sweep=null");
      assert.equal(code, 1);
      assert.match(text, /Kafka at broker-1:\d+ cannot be asked for topics/);
    } finally {
      await project.on("node2", "docker unpause $(docker ps -q --filter name=broker-1)");
    }
  });

  it("gives agents more tasks in place, and runs again since the load's makers are others", async () => {
    const before = runs();
    const text = await (async () => {
      await project.configure({ "producers.tasks": "3", "consumers.tasks": "2", "workload.consumers": "2" });
      return project.mustUp();
    })();
    assert.match(text, /~ {2}docker:index:Service producers updated/);
    assert.equal(runs().length, before.length + 1);
    const { conditions, steps } = latest();
    assert.equal(conditions.agents.length, 5);
    assert.ok(steps.every(({ lost, delivered, offered }) => lost === 0 && delivered === offered));
  });
});

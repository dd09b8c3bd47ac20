// The benchmark on a real swarm: as the last resource of `up`, and by hand.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { InfluxDB } from "@influxdata/influxdb-client";
import type { BenchSummary } from "../../contract/request.ts";
import { runSchema } from "../../contract/result.ts";
import { BENCHMARK, once, Runs } from "./benchRuns.ts";
import { allMeasured } from "./measured.ts";
import type { TestProject } from "./project.ts";
import { openUis } from "./uis.ts";

/** A stack of three nodes whose `up` ends in a benchmark of two steps. */
export const BENCHMARK_IN_UP = {
  ...BENCHMARK,
  "benchmark.run": "true",
  "benchmark.sweep.producers[0]": "5",
  "benchmark.sweep.producers[1]": "20",
};

/**
 * Claims about a stack with {@link BENCHMARK_IN_UP} after two or more ups; the last one must have changed nothing. At the
 * end, `benchmark.run` is false. Failing runs are tested in test/slow/benchmarkFaults.test.ts.
 */
export function describeBenchmark(project: () => TestProject): void {
  const runs = () => new Runs(project());

  describe("the benchmark", () => {
    after(async () => {
      await project().configure({ "benchmark.run": "false" });
      await project().mustUp();
    });

    it("is the last resource of an up, and prints its progress", () => {
      const text = project().upTexts.find((each) => /step 1 of 2: producers 5: /.test(each)) ?? "";
      assert.match(
        text,
        /step 2 of 2: producers 20: measuring: offered \d+\/s, delivered \d+\/s, latency p50/,
      );
    });

    it("has delivered every message, and reports it in the stack's outputs", async () => {
      const { benchmark } = await project().outputs<{ benchmark: BenchSummary }>();
      assert.deepEqual(
        benchmark.steps.map(({ values, lost, offeredPerSec }) => [values.producers, lost, offeredPerSec]),
        [
          [5, 0, 50],
          [20, 0, 200],
        ],
      );
      assert.equal(path.dirname(benchmark.results), runs().folder);
    });

    it("has written results that match their schema, a report and plots", () => {
      const folder = path.join(runs().folder, runs().names().at(-1) ?? "");
      const run = runSchema.parse(JSON.parse(readFileSync(path.join(folder, "run.json"), "utf8")));
      for (const step of allMeasured(run)) {
        assert.equal(step.delivered, step.offered);
        assert.equal(step.acked, step.sent);
        assert.deepEqual([step.lost, step.duplicated, step.reordered, step.unsent], [0, 0, 0, 0]);
        assert.equal(step.latencyMs.count, step.offered);
        assert.ok((step.brokersCpu ?? 0) > 0 && (step.generator.cpuTotal ?? 0) > 0);
        assert.equal(step.seconds.filter(({ measured }) => measured).length, 5);
        const [broker] = step.resources?.brokers ?? [];
        assert.ok((broker?.cpus ?? 0) > 0 && (broker?.produce.perSec ?? 0) > 0, JSON.stringify(broker));
        assert.ok((broker?.handlersIdle ?? 0) > 0 && (broker?.networkThreadsIdle ?? 0) > 0);
        const [machine] = step.resources?.machines ?? [];
        assert.ok((machine?.cpusBusy ?? 0) > 0 && step.saturated && step.ownCost, JSON.stringify(machine));
      }
      assert.match(readFileSync(path.join(folder, "report.html"), "utf8"), /<svg/);
      assert.deepEqual(readdirSync(path.join(folder, "plots")).sort().slice(0, 2), ["cpu.png", "cpu.svg"]);
    });

    it("has written every second to InfluxDB, and lost no point", async () => {
      const { points, run, steps } = runs().latest();
      assert.ok(points && points.written > 0 && points.lost === 0, JSON.stringify(points));
      type Influx = { url: string; organization: string; bucket: string; token: string };
      const { influxdb } = await project().secretOutputs<{ influxdb: Influx }>();
      const uis = await openUis(project());
      try {
        const query = new InfluxDB({ url: uis.influxdb.url, token: influxdb.token }).getQueryApi(
          influxdb.organization,
        );
        const rows = await query.collectRows<{ _value: number }>(
          `from(bucket: "${influxdb.bucket}") |> range(start: -1h)
             |> filter(fn: (r) => r._measurement == "bench_rate" and r._field == "offered" and r.run == "${run}")
             |> group() |> count()`,
        );
        assert.equal(rows[0]?._value, allMeasured({ steps }).flatMap(({ seconds }) => seconds).length);
      } finally {
        await uis.close();
      }
    });

    it("does not run again at a second up", () => {
      const text = project().upTexts.at(-1) ?? "";
      assert.match(text, /\d+ unchanged/);
      assert.doesNotMatch(text, /\d+ (created|updated|replaced|changes)/);
      assert.equal(runs().names().length, 1);
    });

    it("shows no token in the state or the results", async () => {
      const { influxdb } = await project().secretOutputs<{ influxdb: { token: string } }>();
      assert.ok(!project().stateFile().includes(influxdb.token));
      for (const name of runs().names()) {
        for (const file of ["run.json", "events.jsonl", "report.html"]) {
          assert.ok(
            !readFileSync(path.join(runs().folder, name, file), "utf8").includes(influxdb.token),
            file,
          );
        }
      }
    });

    it("runs by hand with other settings and both clients, and changes nothing in the stack", async () => {
      for (const client of ["kafkajs", "platformatic"]) {
        const { code, text } = await runs().bench(
          "--set",
          "sweep=null",
          "--set",
          `client=${client}`,
          "--set",
          "acks=1",
          "--set",
          "logCheck=true",
        );
        assert.equal(code, 0, text);
        const step = runs().onlyStep();
        assert.deepEqual([step.client, step.acks, step.delivered, step.lost], [client, 1, 1_000, 0]);
        assert.ok(step.logCheck && "present" in step.logCheck, JSON.stringify(step.logCheck));
        const { sent, present, missing, duplicated, reordered } = step.logCheck;
        assert.deepEqual([missing, duplicated, reordered, present], [0, 0, 0, sent]);
      }
      assert.match(await project().mustPulumi("preview"), /\d+ unchanged/);
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
      const { code, text } = await runs().bench(
        "--set",
        "sweep=null",
        ...load.flatMap((each) => ["--set", each]),
      );
      assert.equal(code, 0, text);
      const step = runs().onlyStep();
      assert.deepEqual([step.groups, step.consumers, step.lost, step.duplicated], [2, 2, 0, 0]);
      assert.equal(step.delivered, step.offered);
      assert.equal(step.latencyMs.count, 2 * step.offered, "each group receives each message");
    });

    it("connects a thousand producers", async () => {
      const { code, text } = await runs().bench(
        "--set",
        "sweep=null",
        "--set",
        "producers=1000",
        "--set",
        "totalRate=500",
      );
      assert.equal(code, 0, text);
      const step = runs().onlyStep();
      assert.deepEqual([step.producers, step.lost], [1_000, 0]);
      // Each sends one message every two seconds, so two or three in 5 s, depending on its phase.
      assert.ok(
        step.delivered === step.offered && Math.abs(step.offered - 2_500) < 100,
        `${step.delivered} of ${step.offered}`,
      );
      assert.ok((step.generator.memoryMiB ?? 0) > 0);
    });

    it("shows a broker that stalls for 2 of 10 seconds in the percentiles, because the loop is open", async () => {
      const pause =
        "docker pause $(docker ps -q --filter name=broker-1) >/dev/null && sleep 2 && docker unpause $(docker ps -q --filter name=broker-1)";
      let paused: Promise<string> | undefined;
      const args = ["--set", "sweep=null", "--set", "duration=10 seconds", "--set", "producers=20"];
      const { code, text } = await runs().benchWhile(
        args,
        once(/ measuring: /, () => {
          paused = project().on("node2", pause);
        }),
      );
      await paused;
      assert.equal(code, 0, text);
      const { latencyMs, lost, delivered, offered } = runs().onlyStep();
      // Messages remain due during the pause, and wait for its end: 20 % of all, for 0 to 2 s, evenly distributed. So half
      // of these wait at least one second (p90), and one in twenty at least 1.9 s (p99); the other 80 % do not wait.
      assert.deepEqual([lost, delivered], [0, offered]);
      const { p50, p90, p99 } = latencyMs;
      const measuredText = `p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms`;
      assert.ok((p50 ?? 0) < (p90 ?? 0) / 2, measuredText);
      assert.ok((p90 ?? 0) > 800, measuredText);
      assert.ok((p99 ?? 0) > 1_800, measuredText);
    });

    it("stops cleanly at Ctrl-C, keeps its finished steps, and resumes after them", async () => {
      const args = ["--set", "sweep.producers=[5,6]"];
      const { code, text } = await runs().benchWhile(
        args,
        once(/step 2 of 2: producers 6: (warming|about)/, (pid) => process.kill(pid, "SIGINT")),
      );
      assert.equal(code, 130, text);
      const name = runs().names().at(-1) ?? "";
      assert.equal(runs().latest().verdict, "interrupted");
      assert.deepEqual(
        runs()
          .latest()
          .steps.map(({ values }) => values.producers),
        [5],
      );
      assert.match(text, new RegExp(`--resume runs/${name}`));

      const resumed = await runs().bench(...args, "--resume", `runs/${name}`);
      assert.equal(resumed.code, 0, resumed.text);
      assert.equal(runs().names().at(-1), name);
      const { steps, endedAt } = runs().latest();
      assert.deepEqual(
        steps.map(({ step, values }) => [step, values.producers]),
        [
          [1, 5],
          [2, 6],
        ],
      );
      assert.ok(endedAt);
    });

    it("rejects a second run at the same time, and is followed again after its command was killed", async () => {
      // Long enough that the run is still under way when the second command has started, even on a busy machine.
      const args = ["--set", "sweep=null", "--set", "duration=20 seconds"];
      const cut = await runs().benchWhile(
        args,
        once(/step 1 of 1: .*: warming/, (pid) => process.kill(pid, "SIGKILL")),
      );
      assert.equal(cut.code, null);
      const other = await runs().bench("--set", "sweep=null", "--set", "producers=3");
      assert.equal(other.code, 1);
      assert.match(
        other.text,
        /run \S+ is under way on this stack\s+Wait for its end, or stop it: npm run bench -- -s \S+ --stop/,
      );
      const before = runs().names();
      const again = await runs().bench(...args);
      assert.equal(again.code, 0, again.text);
      assert.match(again.text, /following run/);
      assert.deepEqual(runs().names(), before);
      const { offered, delivered } = runs().onlyStep();
      assert.ok(delivered > 0);
      assert.equal(delivered, offered);
    });

    it("rejects an invalid workload with all its errors, and starts nothing", async () => {
      const before = runs().names();
      const { code, text } = await runs().bench(
        "--set",
        "producers=0",
        "--set",
        "arrival=sometimes",
        "--set",
        "slo.p99Ms=-1",
      );
      assert.equal(code, 2);
      for (const error of [
        /workload\.producers: expected a whole number/,
        /workload\.arrival: expected constant/,
        /benchmark\.slo\.p99Ms/,
      ]) {
        assert.match(text, error);
      }
      assert.deepEqual(runs().names(), before);
    });
  });
}

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { BENCHMARK, once, Runs } from "../support/benchRuns.ts";
import { allMeasured } from "../support/measured.ts";
import { TestProject } from "../support/project.ts";

/** Runs with faults on a real swarm; more of them in test/support/benchmarkClaims.ts. */
describe("the benchmark with faults", () => {
  let project: TestProject;
  let runs: Runs;
  before(async () => {
    project = await TestProject.create("benchmark", BENCHMARK);
    runs = new Runs(project);
    await project.configure({ "benchmark.run": "true" });
    await project.mustUp();
  });
  after(() => project?.dispose());

  it("reports a step as failed if an agent died, keeps the others, and continues", async () => {
    const kill = "docker kill $(docker ps -q --filter name=producers.1)";
    let killed: Promise<string> | undefined;
    const args = ["--set", "sweep.producers=[5,6,7]"];
    const { code, text } = await runs.benchWhile(
      args,
      once(/step 2 of 3: producers 6: measuring/, () => {
        killed = project.on("node3", kill);
      }),
    );
    await killed;
    assert.equal(code, 0, text);
    const { steps, verdict } = runs.latest();
    assert.deepEqual(
      steps.map((step) => step.verdict === "failed"),
      [false, true, false],
    );
    assert.match(steps[1]?.reasons[0] ?? "", /producers\.1/);
    assert.equal(verdict, "failed");
  });

  it("fails with the reason if the topic exists with other settings", async () => {
    const topic = ["--set", "sweep=null", "--set", "topic=mine"];
    assert.equal((await runs.bench(...topic)).code, 0);
    const { code, text } = await runs.bench(...topic, "--set", "partitions=3");
    assert.equal(code, 1);
    assert.match(text, /topic mine already exists with other settings \(partitions: 12, wanted 3\)/);
  });

  it("reports a full disk, stops, and keeps the run until there is room", async () => {
    const full = path.join(project.directory, "full");
    mkdirSync(full);
    await project.must("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", full);
    try {
      const { code, text } = await runs.bench("--set", "sweep=null", "--results", "full");
      assert.equal(code, 1);
      assert.match(text, /cannot be written: the disk is full\. The run was stopped/);
    } finally {
      await project.must("umount", full);
    }
  });

  it("exits with 3 if a step misses the SLO and --fail-on-slo is given, otherwise with 0", async () => {
    const strict = ["--set", "sweep=null", "--set", "slo.p99Ms=0.1", "--set", "slo.delivered=0"];
    assert.equal((await runs.bench(...strict)).code, 0);
    assert.equal((await runs.bench(...strict, "--fail-on-slo")).code, 3);
  });

  it("fails with the next step if no broker answers", async () => {
    await project.on("node2", "docker pause $(docker ps -q --filter name=broker-1)");
    try {
      const { code, text } = await runs.bench("--set", "sweep=null");
      assert.equal(code, 1);
      assert.match(text, /topic request to Kafka at broker-1:\d+ failed/);
    } finally {
      await project.on("node2", "docker unpause $(docker ps -q --filter name=broker-1)");
    }
  });

  it("scales agents in place, and runs again because the load generators changed", async () => {
    const before = runs.names();
    const text = await (async () => {
      await project.configure({ "producers.tasks": "3", "consumers.tasks": "2", "workload.consumers": "2" });
      return project.mustUp();
    })();
    assert.match(text, /~ {2}docker:index:Service producers updated/);
    assert.equal(runs.names().length, before.length + 1);
    const { conditions, steps } = runs.latest();
    assert.equal(conditions.agents.length, 5);
    assert.ok(
      allMeasured({ steps }).every(({ lost, delivered, offered }) => lost === 0 && delivered === offered),
    );
  });
});

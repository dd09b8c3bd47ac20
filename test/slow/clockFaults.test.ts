// Wrong clocks on a real swarm: the offsets that the timestamp exchange finds, and how latencies are corrected. All nodes
// share the machine's clock here, so the injected error of an agent's clock is the true offset.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { readResults } from "../../results/store.ts";
import { measured } from "../support/measured.ts";
import { TestProject } from "../support/project.ts";

const CONFIG = {
  namespace: "e2e",
  "kafka.enabled": "true",
  "workload.producers": "50",
  "workload.rate": "10",
  "benchmark.slo.p99Ms": "2000",
  "benchmark.preheat": "0 seconds",
  "benchmark.warmUp.min": "1 second",
  "benchmark.warmUp.max": "9 seconds",
  "benchmark.warmUp.brokers": "1 second",
  "benchmark.duration": "10 seconds",
};
/** By how much the medians of two receivers of the same messages may differ on a busy machine, in milliseconds. */
const NOISE_MS = 5;

describe("clocks that are wrong", () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("clockfaults", CONFIG);
    await project.mustUp();
  });
  after(() => project?.dispose());

  const measure = async (): Promise<{ run: Run; step: MeasuredStep; text: string }> => {
    const args = ["swarmbench.mjs", "bench", "-s", "clockfaults"];
    const { code, text } = await project.run("node", ...args);
    assert.equal(code, 0, text);
    const results = path.join(project.directory, "runs");
    const run = readResults(path.join(results, readdirSync(results).sort().at(-1) ?? ""));
    return { run, step: measured(run.steps[0]), text };
  };
  /** Sets the clock fault of a service's agents; "" removes it. */
  const setFault = (service: string, fault: string) =>
    project.on(
      "node1",
      `docker service update --quiet ${fault ? `--env-add SWARMBENCH_CLOCK_FAULT=${fault}` : "--env-rm SWARMBENCH_CLOCK_FAULT"} ${service}`,
    );
  const withFault = async (service: string, fault: string) => {
    await setFault(service, fault);
    try {
      return await measure();
    } finally {
      await setFault(service, "");
    }
  };
  const pairOf = (step: MeasuredStep) => {
    const pair = step.clocks.pairs.find(({ from }) => from === "producers.1");
    assert.ok(pair?.offsetMs != null && pair.boundMs !== null && pair.driftPpm !== null);
    return { offsetMs: pair.offsetMs, boundMs: pair.boundMs, driftPpm: pair.driftPpm };
  };
  /** The same step has latencies of messages that producers received themselves, with one clock and so without its error. */
  const agreesWithOneClock = (step: MeasuredStep) => {
    const [corrected, own] = [step.correctedLatencyMs?.p50 ?? 0, step.sameNode?.ownMs.p50 ?? 0];
    // Less than any of the injected offsets: a remainder of one would be visible.
    const allowed = (step.clocks.boundMs ?? 0) + Math.min(NOISE_MS + own / 2, 15);
    assert.ok(own > 0 && Math.abs(corrected - own) <= allowed, `p50: ${corrected}, with one clock ${own}`);
  };
  const isTold = ({ warnings }: Run, { sameNode }: MeasuredStep) => {
    assert.match(
      warnings.join("\n"),
      /the clock of consumers\.1 is .* ms (ahead of|behind) that of producers\.1/,
    );
    assert.equal(sameNode?.agrees, false, JSON.stringify(sameNode));
    assert.match(warnings.join("\n"), /the same messages took .* with two clocks, but .* with one clock/);
  };

  it("give no warning if they are right: two estimators agree, with a bound below 5 ms", async () => {
    const { run, step } = await measure();
    const { offsetMs, boundMs } = pairOf(step);
    assert.ok(Math.abs(offsetMs) <= boundMs && boundMs < 5, `${offsetMs} ± ${boundMs}`);
    assert.equal(step.latencyMs.negative, 0);
    assert.ok(step.sameNode?.agrees, JSON.stringify(step.sameNode));
    assert.deepEqual(
      run.warnings.filter((warning) => /clock|disagree/.test(warning)),
      [],
    );
  });

  it("ahead by 50 ms at the consumers: found within the bound, corrected, and contradicted by the second estimator", async () => {
    const { run, step, text } = await withFault("consumers", "+50ms");
    const { offsetMs, boundMs } = pairOf(step);
    assert.ok(Math.abs(offsetMs - 50) <= boundMs, `${offsetMs} ± ${boundMs}`);
    assert.ok((step.latencyMs.p50 ?? 0) > 50, "as measured");
    agreesWithOneClock(step);
    isTold(run, step);
    const warnings = run.warnings.join("\n");
    assert.match(
      warnings,
      /consumers\.1 on node3 has an injected fault \(SWARMBENCH_CLOCK_FAULT=\+50ms\): this is not a measurement/,
    );
    assert.match(text, /p50 corr\./);
  });

  it("behind by 20 ms at the consumers: latencies below zero are counted, kept, and corrected", async () => {
    const { step, run } = await withFault("consumers", "-20ms");
    const { offsetMs, boundMs } = pairOf(step);
    assert.ok(Math.abs(offsetMs + 20) <= boundMs, `${offsetMs} ± ${boundMs}`);
    assert.ok(step.latencyMs.negative > step.latencyMs.count / 2, `${step.latencyMs.negative}`);
    assert.equal(step.latencyMs.count, step.offered);
    assert.ok((step.latencyMs.min ?? 0) < -10 && (step.latencyMs.p50 ?? 0) < 0);
    agreesWithOneClock(step);
    isTold(run, step);
    assert.match(run.warnings.join("\n"), /latencies are below zero/);
  });

  it("drifting by 100 ppm at the producers: the drift is found, and absent from the corrected latencies", async () => {
    const { step, run } = await withFault("producers", "30ms,100ppm");
    const { driftPpm, offsetMs } = pairOf(step);
    // The consumer falls behind the producer.
    assert.ok(Math.abs(driftPpm + 100) < 75, `${driftPpm}`);
    assert.ok(offsetMs < -30, `${offsetMs}`);
    agreesWithOneClock(step);
    isTold(run, step);
  });

  it("too wrong for a common start end the step, with the agents' names and offsets", async () => {
    await setFault("producers", "-3s");
    try {
      const { code, text } = await project.run(
        ...(["node", "swarmbench.mjs", "bench", "-s", "clockfaults"] as const),
      );
      assert.equal(code, 1);
      assert.match(
        text,
        /clocks are too far from the runner's .*producers\.1 by -(29[5-9]\d|30[0-4]\d)\.\d ms; see clockSync/,
      );
    } finally {
      await setFault("producers", "");
    }
  });
});

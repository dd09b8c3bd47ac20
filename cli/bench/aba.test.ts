import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { BenchPlan } from "../../contract/request.ts";
import type { Run } from "../../contract/result.ts";
import type { Scale } from "../../contract/scale.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { runAba } from "./aba.ts";
import type { Arguments } from "./arguments.ts";
import type { runOnce } from "./once.ts";
import type { Session } from "./session.ts";

const root = mkdtempSync(path.join(tmpdir(), "swarmbench-aba-"));
after(() => rmSync(root, { recursive: true, force: true }));

const plan = {
  scenario: "local",
  image: "registry/bench",
  workload: workloadSchema.parse({}),
  target: {
    kafka: { bootstrap: ["broker-1:9092"], brokers: [{ id: 1, host: "broker-1", port: 9092 }] },
    agents: { producer: { tasks: 1 }, consumer: { tasks: 1 } },
  } as unknown as BenchPlan["target"],
  conditions: { nodes: [] },
  benchmark: benchmarkSchema.parse({ sweep: { producers: [1, 50, 100, 300, 500, 800] }, seed: 40 }),
} as unknown as BenchPlan;

/** Runs --aba on a stack whose latencies are `factor` times as long with acks 1. */
async function aba(
  factor: number,
  set = ["acks=1"],
  failAt = 99,
  lines: string[] = [],
  more: Partial<Run> = {},
) {
  const asked: string[] = [];
  const session = { plan, progress: (line: string) => void lines.push(line) } as unknown as Session;
  const given: (Scale | undefined)[] = [];
  const run: typeof runOnce = async (_session, _args, { changes, scale }) => {
    asked.push(changes.join(" "));
    given.push(scale);
    if (asked.length === failAt) throw new Error("the broker is gone");
    const times = (changes.includes("acks=1") ? factor : 1) * (1 + 0.01 * Math.sin(asked.length));
    const sample = sampleRun();
    const steps = sample.steps.map((step) => ({
      ...step,
      correctedLatencyMs: null,
      latencyMs: {
        ...step.latencyMs,
        p50: times * (step.latencyMs.p50 ?? 0),
        p99: times * (step.latencyMs.p99 ?? 0),
      },
    }));
    const folder = path.join(root, `run${asked.length}`);
    return { folder, run: { ...sample, steps, ...more }, summary: {}, exitCode: 0 } as unknown as Awaited<
      ReturnType<typeof runOnce>
    >;
  };
  const junit = path.join(root, "junit.xml");
  const args = { set, replicates: 5, results: root, junit, failOnWorse: true } as unknown as Arguments;
  const code = await runAba(session, args, run);
  return { code, asked, given, text: lines.join("\n") };
}

describe("--aba", () => {
  it("makes ten interleaved runs, with another seed for each replicate, and prints how long they take", async () => {
    const { asked, text } = await aba(1);
    assert.deepEqual(asked.slice(0, 4), [
      "benchmark.seed=40",
      "acks=1 benchmark.seed=40",
      "acks=1 benchmark.seed=41",
      "benchmark.seed=41",
    ]);
    assert.equal(asked.length, 10);
    assert.match(text, /^10 runs, A B B A A B B A A B: \d.* (min|h) to \d.* min\n/);
    assert.match(text, /\nrun 4 of 10: A, benchmark\.seed=41; about 1 min left\n/);
  });

  it("gives all runs the factor that the first one found out for its loads, but none that the scenario has", async () => {
    const scale: Scale = { factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: 800 };
    const { given } = await aba(1, ["acks=1"], 99, [], { scale });
    assert.equal(given[0], undefined);
    assert.equal(given.length, 10);
    for (const each of given.slice(1)) assert.deepEqual(each, { ...scale, seenIn: sampleRun().run });
    const fixed = await aba(1, ["acks=1"], 99, [], { scale: { ...scale, setting: "fixed" } });
    assert.ok(fixed.given.every((each) => each === undefined));
  });

  it("finds a difference, and writes the comparison", async () => {
    const { code, text } = await aba(1.5);
    assert.equal(code, 4);
    assert.match(
      readFileSync(path.join(root, "junit.xml"), "utf8"),
      /<failure message="differs: producers 100: p99/,
    );
    assert.match(text, /differs: producers 100: p99 .*\+5\d %, p < 0\.001, 5 and 5 steps\)/);
    assert.match(text, /\nA: run1, run4, run5, run8, run9\nB: run2, run3, run6, run7, run10\n/);
    assert.ok(existsSync(path.join(root, "run2", "compare.html")));
    assert.doesNotMatch(text, /made one after the other/);
  });

  it("cannot tell if there is no difference", async () => {
    const { text } = await aba(1);
    assert.doesNotMatch(text, /differs: /);
    assert.match(text, /cannot tell: producers 100: p99 .*would have been found/);
    assert.match(text, /cannot tell: knee in producers 500 and 500 .*5 and 5 searches/);
  });

  it("prints which runs are kept if one fails", async () => {
    const lines: string[] = [];
    await assert.rejects(aba(1, ["acks=1"], 4, lines), /the broker is gone/);
    assert.equal(lines.at(-1), "\nfinished runs are kept:\nA: run1\nB: run2, run3");
  });

  it("starts nothing if the changes of B are wrong", async () => {
    await assert.rejects(aba(1, ["acks=7"]), /acks/);
  });
});

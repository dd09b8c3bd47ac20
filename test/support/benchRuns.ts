// Runs of the benchmark on a test project's stack.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import type { MeasuredStep, Run } from "../../contract/result.ts";
import { readResults } from "../../results/store.ts";
import { measured } from "./measured.ts";
import type { Result, TestProject } from "./project.ts";

/** One broker, InfluxDB, and steps of 5 seconds with a light load. */
export const BENCHMARK = {
  namespace: "e2e",
  "kafka.enabled": "true",
  "influxdb.enabled": "true",
  "workload.producers": "20",
  "workload.rate": "10",
  "benchmark.slo.p99Ms": "2000",
  "benchmark.warmUp.min": "1 second",
  "benchmark.warmUp.max": "9 seconds",
  "benchmark.warmUp.brokers": "1 second",
  "benchmark.duration": "5 seconds",
  "benchmark.drain": "15 seconds",
};

const BENCH = ["swarmbench.mjs", "bench"];

export class Runs {
  readonly folder: string;

  private readonly project: TestProject;

  constructor(project: TestProject) {
    this.project = project;

    this.folder = path.join(project.directory, "runs");
  }

  /** Names of all runs so far, oldest first. */
  names(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((name) => /^\d{8}T/.test(name))
      .sort();
  }

  latest(): Run {
    return readResults(path.join(this.folder, this.names().at(-1) ?? ""));
  }

  /** The only step of the last run, which must have results. */
  onlyStep(): MeasuredStep {
    const { steps } = this.latest();
    assert.equal(steps.length, 1);
    return measured(steps[0]);
  }

  /** `npm run bench` on the stack. */
  bench(...args: string[]): Promise<Result> {
    return this.project.run("node", ...BENCH, "-s", this.project.stack, ...args);
  }

  /** Runs {@link bench} and calls `act` with its output so far. @returns its exit code (null: killed) and its output */
  benchWhile(
    args: string[],
    act: (text: string, pid: number) => void,
  ): Promise<{ code: number | null; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { cwd: this.project.directory, env: this.project.environment };
      const child = spawn("node", [...BENCH, "-s", this.project.stack, ...args], options);
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
  }
}

/** Calls `act` once, when a pattern matches. */
export function once(pattern: RegExp, act: (pid: number) => void) {
  let done = false;
  return (text: string, pid: number) => {
    if (done || !pattern.test(text)) return;
    done = true;
    act(pid);
  };
}

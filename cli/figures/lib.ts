import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { TestProject } from "../../test/support/project.ts";
import { refuse } from "../lib/command.ts";
import { run } from "../lib/run.ts";
import { isStopping, Stopped } from "../lib/signals.ts";
import { readInstallation } from "../setup/shellEnv.ts";

/** A quantity that is measured several times. */
export interface Metric {
  name: string;
  unit: string;
  /** The median should stay below it; undefined: no target. */
  limit?: number;
  /** Decimal places. @default 1 */
  digits?: number;
  samples: number[];
}

const loadAtStart = loadavg()[0];

/** Does the work and adds its duration in seconds to a metric. @throws Stopped after Ctrl-C, without starting the work */
export async function measure(metric: Metric | undefined, work: () => unknown): Promise<void> {
  throwIfStopping();
  const start = process.hrtime.bigint();
  await work();
  metric?.samples.push(Number(process.hrtime.bigint() - start) / 1e9);
}

/** Waits. @throws Stopped within a second after Ctrl-C */
export async function wait(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    throwIfStopping();
    await delay(Math.min(left, 1) * 1_000);
  }
}

function throwIfStopping(): void {
  if (isStopping()) throw new Stopped("not started");
}

/** Runs `work` with a stack of its own, and destroys the stack at the end, also after a failure and at Ctrl-C. */
export async function onOwnStack(
  stack: string,
  config: Record<string, string>,
  work: (project: TestProject) => Promise<void>,
): Promise<void> {
  const project = await TestProject.create(stack, { namespace: "e2e", ...config });
  try {
    await work(project);
  } catch (error) {
    // Ctrl-C reaches pulumi as well: its failure is not an error of its own then.
    throw isStopping() ? new Stopped("interrupted") : error;
  } finally {
    if (isStopping()) console.error("destroying the stack");
    await project.dispose();
  }
}

/** The value of an option. @throws SwarmbenchError when it is not a whole number of at least 1 */
export function wholeNumber(command: Command, option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse(command, `--${option} ${text}: expected a whole number of at least 1`);
}

/** The output of a program that runs to its end also after Ctrl-C. @throws SwarmbenchError when it fails */
export function output(file: string, ...args: string[]): Promise<string> {
  return run(file, args, { cleanUp: true });
}

/** Memory of each node of a stack, MiB: what the kernel counts for the node and everything in it, without page cache. */
export async function nodeMemory(project: TestProject, count: number): Promise<number[]> {
  const names = Array.from({ length: count }, (_, index) => `${project.prefix}-node${index + 1}`);
  const stats = await project.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", ...names);
  return stats
    .trim()
    .split("\n")
    .map((line) => {
      const [, amount, unit] = /^([\d.]+)(\w+)/.exec(line) ?? [];
      return Number(amount) * (unit === "GiB" ? 1024 : 1);
    });
}

/** The conditions of the measurement in one line. The load average shows whether other work kept the machine busy. */
export async function conditions(): Promise<string> {
  const { engineHost, source } = readInstallation();
  const engine = await output("docker", "--host", engineHost, "version", "--format", "{{.Server.Version}}");
  return machineConditions([`Docker ${engine.trim()}`, source]);
}

/** The same without Docker. @param more what else the results depend on */
export function machineConditions(more: readonly string[] = []): string {
  const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown CPU";
  return [
    new Date().toISOString().slice(0, 10),
    `${cpus().length} cores (${model})`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    ...more,
    `load average ${loadAtStart?.toFixed(1)} at the start, ${loadavg()[0]?.toFixed(1)} at the end`,
  ].join(", ");
}

/** A Markdown table of the metrics that have samples. */
export function table(metrics: Metric[]): string {
  const rows = metrics.filter(({ samples }) => samples.length > 0);
  return [
    "| metric | median | range | samples | target |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(row),
  ].join("\n");
}

function row({ name, unit, limit, digits = 1, samples }: Metric): string {
  const sorted = [...samples].sort((a, b) => a - b);
  const show = (value = 0) => value.toFixed(digits);
  const target = limit === undefined ? "" : `< ${limit} ${unit}`;
  return `| ${name} | ${show(sorted[sorted.length >> 1])} ${unit} | ${show(sorted[0])} – ${show(sorted.at(-1))} | ${samples.length} | ${target} |`;
}

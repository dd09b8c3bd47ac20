import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import * as path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { TestProject } from "../../test/support/project.ts";
import { refuse } from "../lib/command.ts";
import { isStopping, Stopped } from "../lib/signals.ts";

/** One quantity, measured several times. */
export interface Figure {
  name: string;
  unit: string;
  /** What the median is to stay below; nothing is promised where it is absent. */
  limit?: number;
  /** Decimal places that mean something. @default 1 */
  digits?: number;
  samples: number[];
}

const loadAtStart = loadavg()[0];

export const repository = path.resolve(import.meta.dirname, "../..");

/** Adds to a figure how many seconds the work took; after Ctrl-C nothing is begun any more. */
export async function measure(figure: Figure | undefined, work: () => unknown): Promise<void> {
  refuseToBegin();
  const start = process.hrtime.bigint();
  await work();
  figure?.samples.push(Number(process.hrtime.bigint() - start) / 1e9);
}

/** Lets time pass; Ctrl-C ends it within a second. */
export async function pass(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left--) {
    refuseToBegin();
    await delay(Math.min(left, 1) * 1_000);
  }
}

function refuseToBegin(): void {
  if (isStopping()) throw new Stopped("not begun");
}

/** Works on a stack that is nobody else's, and destroys it: at the end, after a failure, at Ctrl-C. */
export async function onOwnStack(
  stack: string,
  config: Record<string, string>,
  work: (project: TestProject) => Promise<void>,
): Promise<void> {
  const project = await TestProject.create(stack, { namespace: "e2e", ...config });
  try {
    await work(project);
  } catch (error) {
    // Ctrl-C has reached pulumi as well: that its `up` failed is no news then.
    throw isStopping() ? new Stopped("cut off") : error;
  } finally {
    if (isStopping()) console.error("destroying what was made");
    await project.dispose();
  }
}

/** The value of an option. @throws SwarmbenchError where it is no whole number from 1 on */
export function wholeNumber(command: Command, option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse(command, `--${option} is a whole number from 1 on, not "${text}"`);
}

export interface Installation {
  engineHost: string;
  source: string;
  /** `id`: in this machine's engine; `digest` and `tree`: in the store. */
  images: Record<string, { id?: string; digest?: string; tree?: string }>;
}

export function installation(): Installation {
  const home = process.env.SWARMBENCH_HOME || path.join(repository, ".swarmbench");
  return JSON.parse(readFileSync(path.join(home, "installation.json"), "utf8"));
}

export function output(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** Memory of each of a stack's nodes, MiB: what the kernel counts for it and all that runs in it, without page cache. */
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

/** On what, and with what, was measured until now: one line. The load shows whether others kept the machine busy. */
export function conditions(): string {
  const { engineHost, source } = installation();
  const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown CPU";
  const engine = output("docker", "--host", engineHost, "version", "--format", "{{.Server.Version}}").trim();
  return [
    new Date().toISOString().slice(0, 10),
    `${cpus().length} cores (${model})`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Linux ${release()}`,
    `Docker ${engine}`,
    `Node ${process.version}`,
    source,
    `load average ${loadAtStart?.toFixed(1)} at the start, ${loadavg()[0]?.toFixed(1)} at the end`,
  ].join(", ");
}

/** The figures that have samples, as a table in Markdown. */
export function table(figures: Figure[]): string {
  const rows = figures.filter(({ samples }) => samples.length > 0);
  return [
    "| figure | median | range | samples | wanted |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(row),
  ].join("\n");
}

function row({ name, unit, limit, digits = 1, samples }: Figure): string {
  const sorted = [...samples].sort((a, b) => a - b);
  const show = (value = 0) => value.toFixed(digits);
  const wanted = limit === undefined ? "" : `< ${limit} ${unit}`;
  return `| ${name} | ${show(sorted[sorted.length >> 1])} ${unit} | ${show(sorted[0])} – ${show(sorted.at(-1))} | ${samples.length} | ${wanted} |`;
}

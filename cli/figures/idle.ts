/**
 * Measures how much of the machine's CPU time an idle stack uses: `npm run bench:idle`.
 *
 * Brings up each scenario's stack without a benchmark, waits, and reads from /proc/stat which share of the whole machine is
 * busy; before the first, the same without a stack. Prints a table of medians.
 */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { isInstalled } from "../../test/support/installed.ts";
import { readScenario } from "../lib/scenarios.ts";
import { conditions, type Metric, onOwnStack, table, wait, wholeNumber } from "./lib.ts";

/** Target: the largest share of the machine's CPU time that a scenario's idle stack should use, %. */
const LIMITS: Readonly<Record<string, number>> = { local: 5, "cluster-3": 10 };
/** JVMs compile their code in the first minutes. */
const SETTLE_SEC = 90;
const BASELINE_SEC = 20;

/** CPU time of the whole machine since it started, in ticks (proc_stat(5)). */
interface Ticks {
  busy: number;
  all: number;
}

/** Reads the first line of /proc/stat. Time waited for I/O or stolen by other machines is not busy. */
export function ticksOf(stat: string): Ticks {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(stat)?.[1] ?? ""
  )
    .split(" ")
    .map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy, all: busy + idle + iowait + steal };
}

/** The busy share of the machine's CPU time during the next seconds, %. */
async function busyPercent(seconds: number): Promise<number> {
  const read = () => ticksOf(readFileSync("/proc/stat", "utf8"));
  const before = read();
  await wait(seconds);
  const after = read();
  return (100 * (after.busy - before.busy)) / (after.all - before.all);
}

/** A scenario's settings by their path, such as `testbed.perNode.node2.role`, as `pulumi config set --path` takes them. */
export function settingsOf(scenario: string): Record<string, string> {
  const settings = Object.entries(readScenario(scenario));
  return Object.fromEntries(settings.flatMap(([key, value]) => flat(key, value)));
}

function flat(key: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((each, index) => flat(`${key}[${index}]`, each));
  if (typeof value !== "object" || value === null) return [[key, String(value)]];
  return Object.entries(value).flatMap(([name, each]) => flat(`${key}.${name}`, each));
}

/** The scenario with all services that setup has, for {@link onOwnStack}. */
export function fullStackOf(scenario: string): Record<string, string> {
  return {
    "kafka.enabled": "true",
    "influxdb.enabled": "true",
    "telegraf.enabled": "true",
    "grafana.enabled": String(isInstalled("grafana")),
    "portainer.enabled": String(isInstalled("portainer")),
    "clockSync.kind": "ptpd",
    ...settingsOf(scenario),
  };
}

async function idle(scenario: string, samples: number, seconds: number): Promise<Metric> {
  const metric: Metric = { name: `${scenario}, idle`, unit: "%", limit: LIMITS[scenario], samples: [] };
  // Without a run at `up`.
  await onOwnStack("idle", { ...fullStackOf(scenario), "benchmark.run": "false" }, async (project) => {
    console.error(`${scenario}: up`);
    await project.mustUp();
    console.error(`${scenario}: settling for ${SETTLE_SEC} s`);
    await wait(SETTLE_SEC);
    for (let sample = 1; sample <= samples; sample++) {
      console.error(`${scenario}: watching for ${seconds} s, ${sample} of ${samples}`);
      metric.samples.push(await busyPercent(seconds));
    }
  });
  return metric;
}

/** Measures the idle stacks, and prints a table. */
export async function run(command: Command): Promise<undefined> {
  const options = command.opts<{ scenarios: string; samples: string; seconds: string }>();
  const samples = wholeNumber(command, "samples", options.samples);
  const seconds = wholeNumber(command, "seconds", options.seconds);
  const without: Metric = { name: "without a stack", unit: "%", samples: [] };
  console.error("the machine without a stack");
  for (let sample = 1; sample <= samples; sample++) without.samples.push(await busyPercent(BASELINE_SEC));
  const metrics = [without];
  for (const scenario of options.scenarios.split(",")) metrics.push(await idle(scenario, samples, seconds));
  console.log(
    [
      await conditions(),
      `Busy share of the whole machine over ${seconds} s, ${SETTLE_SEC} s after \`up\`; the machine's own share is included.`,
      table(metrics),
    ].join("\n\n"),
  );
}

/**
 * Measures how long the stack takes and how much memory and CPU it uses on this machine: `npm run bench:stack`.
 *
 * Prints tables with the median of the samples and their range. The stack has nodes, Kafka, InfluxDB, Telegraf and Grafana with
 * default settings.
 */

import type { Command } from "commander";
import { isInstalled } from "../../test/support/installed.ts";
import type { TestProject } from "../../test/support/project.ts";
import { readInstallation } from "../setup/shellEnv.ts";
import { conditions, type Metric, measure, nodeMemory, onOwnStack, table, wait, wholeNumber } from "./lib.ts";
import { imageTable } from "./libImages.ts";
import { observeTasks, WHOLE_NODE } from "./libTasks.ts";

const NODES = 3;
/** Target for a stack with default settings. */
const LONGEST_UP_SEC = 90;
const SETTLE_SEC = 30;
const WATCH_SEC = 20;
const NOTES = `up: from nothing running until every service is ready; images are in the store, nodes and volumes are new. \
Memory after ${SETTLE_SEC} s without a run, as \`docker stats\` counts it; average CPU over the following ${WATCH_SEC} s, in % \
of one CPU. A sample is a task, or a whole node including its Docker engine. Telegraf samples every second. \
Unpacked: the layers as uncompressed tar files, about 2 % more than the sizes of \`docker image ls\`.`;

const seconds = (name: string, limit?: number): Metric => ({
  name,
  unit: "s",
  limit,
  samples: [],
});

/** The metrics of one stack. A metric of a service is added with its first sample. */
class StackMetrics {
  readonly up: Metric;
  readonly noop = seconds("up, nothing to do");
  readonly destroy = seconds("destroy");
  private readonly memory = new Map<string, Metric>();
  private readonly cpu = new Map<string, Metric>();

  constructor(longestUp?: number) {
    this.up = seconds("up to the whole stack", longestUp);
  }

  addMemory(service: string, mib: number): void {
    add(this.memory, service, { name: `memory of ${service}`, unit: "MiB", digits: 0 }, mib);
  }

  addCpu(service: string, percent: number): void {
    add(this.cpu, service, { name: `CPU of ${service}`, unit: "%" }, percent);
  }

  get all(): Metric[] {
    const ofServices = [this.memory, this.cpu].flatMap((metrics) =>
      [...metrics].sort(([a], [b]) => a.localeCompare(b)).map(([, metric]) => metric),
    );
    return [this.up, this.noop, this.destroy, ...ofServices];
  }
}

function add(
  metrics: Map<string, Metric>,
  service: string,
  description: Omit<Metric, "samples">,
  sample: number,
): void {
  const metric = metrics.get(service) ?? { ...description, samples: [] };
  metric.samples.push(sample);
  metrics.set(service, metric);
}

/** Configuration of a stack with this number of brokers; undefined: the default number. */
function configuration(brokers: number | undefined): { nodes: number; config: Record<string, string> } {
  const nodes = Math.max(NODES, brokers ?? 0);
  const names = Array.from({ length: nodes }, (_, index) => `node${index + 1}`);
  const config = {
    nodes: String(nodes),
    "testbed.kind": "local",
    "kafka.enabled": "true",
    "influxdb.enabled": "true",
    "telegraf.enabled": "true",
    "grafana.enabled": String(isInstalled("grafana")),
  };
  if (brokers === undefined) return { nodes, config };
  const roles = Object.fromEntries(names.map((name) => [`testbed.perNode.${name}.role`, "broker"]));
  return { nodes, config: { ...config, ...roles, "kafka.brokers": String(brokers) } };
}

async function measureStack(samples: number, brokers?: number): Promise<Metric[]> {
  const { nodes, config } = configuration(brokers);
  const metrics = new StackMetrics(brokers === undefined ? LONGEST_UP_SEC : undefined);
  const stack = brokers === undefined ? "stack" : `stack of ${brokers} brokers`;
  // No other stack's name may begin with this one: leftovers of a stack are found by the beginning of their names.
  await onOwnStack("measured", config, async (project) => {
    for (let sample = 1; sample <= samples; sample++) {
      const say = (what: string) => console.error(`${stack}, ${sample} of ${samples}: ${what}`);
      say("up");
      await measure(metrics.up, () => project.mustUp());
      await assertReady(project);
      say("up, nothing to do");
      await measure(metrics.noop, () => project.mustUp("--expect-no-changes"));
      say(`idle for ${SETTLE_SEC} s, then observed for ${WATCH_SEC} s`);
      await wait(SETTLE_SEC);
      await observe(project, nodes, metrics);
      say("destroy");
      await measure(metrics.destroy, () => project.mustPulumi("destroy", "--yes", "--skip-preview"));
    }
  });
  return metrics.all;
}

async function assertReady(project: TestProject): Promise<void> {
  const { ready } = await project.outputs<{ ready?: boolean }>();
  if (ready !== true) throw new Error("up has ended, but the output `ready` of the stack is not true");
}

async function observe(project: TestProject, nodes: number, metrics: StackMetrics): Promise<void> {
  const memory = await nodeMemory(project, nodes);
  for (const mib of memory) metrics.addMemory("a whole node", mib);
  metrics.addMemory(
    "all nodes together",
    memory.reduce((sum, mib) => sum + mib, 0),
  );
  for (const { service, memoryMiB, cpuPercent } of await observeTasks(project, nodes, WATCH_SEC)) {
    const name = service === WHOLE_NODE ? "a whole node" : service;
    metrics.addCpu(name, cpuPercent);
    if (memoryMiB !== undefined) metrics.addMemory(name, memoryMiB);
  }
}

async function bench(samples: number, brokers: number | undefined): Promise<void> {
  const tables = [table(await measureStack(samples))];
  if (brokers !== undefined) {
    const more = table(await measureStack(samples, brokers));
    tables.push(`With ${brokers} broker${brokers === 1 ? "" : "s"}, every node of role broker:`, more);
  }
  tables.push(await imageTable(readInstallation()));
  console.log([await conditions(), NOTES, ...tables].join("\n\n"));
}

/** Measures the stack, and prints tables. */
export async function run(command: Command): Promise<undefined> {
  const { samples, brokers } = command.opts<{ samples: string; brokers?: string }>();
  const brokerCount = brokers === undefined ? undefined : wholeNumber(command, "brokers", brokers);
  await bench(wholeNumber(command, "samples", samples), brokerCount);
}

/**
 * How long the stack takes and what it needs, measured on this machine: `npm run bench:stack`.
 *
 * Prints tables; a figure is the median of its samples, with the smallest and the largest beside it. The stack is one
 * of its own: nodes, Kafka, InfluxDB, Telegraf and Grafana, with their defaults.
 */
import type { Command } from "commander";
import { isInstalled } from "../../test/support/installed.ts";
import type { TestProject } from "../../test/support/project.ts";
import {
  conditions,
  type Figure,
  installation,
  measure,
  nodeMemory,
  onOwnStack,
  pass,
  table,
  wholeNumber,
} from "./lib.ts";
import { imageTable } from "./libImages.ts";
import { WHOLE_NODE, watchTasks } from "./libTasks.ts";

const NODES = 3;
/** What is wanted of the stack by its defaults. */
const LONGEST_UP_SEC = 90;
const SETTLE_SEC = 30;
const WATCH_SEC = 20;
const MEANS = `up: from nothing running until every part serves; images are in the store, nodes and volumes are new. \
Memory after ${SETTLE_SEC} s without a run, as \`docker stats\` counts it; CPU on average over the ${WATCH_SEC} s after that, in % \
of one CPU. A sample is a task, or a node with all that runs in it, its Docker engine too. Telegraf samples every second. \
Unpacked is the layers' files as tar has them, about 2 % more than \`docker image ls\` says.`;

const seconds = (name: string, limit?: number): Figure => ({
  name,
  unit: "s",
  ...(limit === undefined ? {} : { limit }),
  samples: [],
});

/** Figures of one stack; those of its parts come as the parts are met. */
class StackMetrics {
  readonly up: Figure;
  readonly noop = seconds("up, nothing to do");
  readonly destroy = seconds("destroy");
  private readonly memory = new Map<string, Figure>();
  private readonly cpu = new Map<string, Figure>();

  constructor(longestUp?: number) {
    this.up = seconds("up to the whole stack", longestUp);
  }

  addMemory(part: string, mib: number): void {
    add(this.memory, part, { name: `memory of ${part}`, unit: "MiB", digits: 0 }, mib);
  }

  addCpu(part: string, percent: number): void {
    add(this.cpu, part, { name: `CPU of ${part}`, unit: "%" }, percent);
  }

  get all(): Figure[] {
    const ofParts = [this.memory, this.cpu].flatMap((figures) =>
      [...figures].sort(([a], [b]) => a.localeCompare(b)).map(([, figure]) => figure),
    );
    return [this.up, this.noop, this.destroy, ...ofParts];
  }
}

function add(
  figures: Map<string, Figure>,
  part: string,
  what: Omit<Figure, "samples">,
  sample: number,
): void {
  const figure = figures.get(part) ?? { ...what, samples: [] };
  figure.samples.push(sample);
  figures.set(part, figure);
}

/** Configuration of a stack with so many brokers; undefined: as many as there are by default. */
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

async function measureStack(samples: number, brokers?: number): Promise<Figure[]> {
  const { nodes, config } = configuration(brokers);
  const figures = new StackMetrics(brokers === undefined ? LONGEST_UP_SEC : undefined);
  const stack = brokers === undefined ? "stack" : `stack of ${brokers} brokers`;
  // No other stack's name begins with this one: what is left of a stack is looked for by the beginning.
  await onOwnStack("measured", config, async (project) => {
    for (let sample = 1; sample <= samples; sample++) {
      const say = (what: string) => console.error(`${stack}, ${sample} of ${samples}: ${what}`);
      say("up");
      await measure(figures.up, () => project.mustUp());
      await refuseUnready(project);
      say("up, nothing to do");
      await measure(figures.noop, () => project.mustUp("--expect-no-changes"));
      say(`idle for ${SETTLE_SEC} s, then watched for ${WATCH_SEC} s`);
      await pass(SETTLE_SEC);
      await watch(project, nodes, figures);
      say("destroy");
      await measure(figures.destroy, () => project.mustPulumi("destroy", "--yes", "--skip-preview"));
    }
  });
  return figures.all;
}

async function refuseUnready(project: TestProject): Promise<void> {
  const { ready } = await project.outputs<{ ready?: boolean }>();
  if (ready !== true) throw new Error("up has ended, and the stack's output does not say that it is ready");
}

async function watch(project: TestProject, nodes: number, figures: StackMetrics): Promise<void> {
  const memory = await nodeMemory(project, nodes);
  for (const mib of memory) figures.addMemory("a node with all in it", mib);
  figures.addMemory(
    "all nodes together",
    memory.reduce((sum, mib) => sum + mib, 0),
  );
  for (const { part, memoryMiB, cpuPercent } of await watchTasks(project, nodes, WATCH_SEC)) {
    const name = part === WHOLE_NODE ? "a node with all in it" : part;
    figures.addCpu(name, cpuPercent);
    if (memoryMiB !== undefined) figures.addMemory(name, memoryMiB);
  }
}

async function bench(samples: number, brokers: number | undefined): Promise<void> {
  const tables = [table(await measureStack(samples))];
  if (brokers !== undefined) {
    const ofMore = table(await measureStack(samples, brokers));
    tables.push(`With ${brokers} broker${brokers === 1 ? "" : "s"}, every node of role broker:`, ofMore);
  }
  tables.push(await imageTable(installation()));
  console.log([conditions(), MEANS, ...tables].join("\n\n"));
}

/** Measures the stack, and prints tables. */
export async function run(command: Command): Promise<undefined> {
  const { samples, brokers } = command.opts<{ samples: string; brokers?: string }>();
  const brokerCount = brokers === undefined ? undefined : wholeNumber(command, "brokers", brokers);
  await bench(wholeNumber(command, "samples", samples), brokerCount);
}

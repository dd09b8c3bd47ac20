/**
 * Compares the benchmark with independent tools on one stack: `npm run bench:clients`.
 *
 * The yardstick (cli/figures/yardstick) is a load generator built on franz-go, which uses little CPU. It runs in turn with the agents,
 * with the same producers, rate, messages and network. Kafka's EndToEndLatency sends one message at a time. Targets are ratios
 * within one session, because results of different days do not compare. The yardstick also runs on a broker of the loopback interface,
 * beside the idle stack: the ratio of its CPU times is what nodes, overlay network and firewall cost a sender.
 */

import path from "node:path";
import type { Command } from "commander";
import { isMeasured } from "../../contract/result.ts";
import { readResults } from "../../results/store.ts";
import type { TestProject } from "../../test/support/project.ts";
import { IndependentTools, medians, type Sample } from "../calibrate/independent.ts";
import { readInstallation } from "../setup/shellEnv.ts";
import { conditions, onOwnStack, wholeNumber } from "./lib.ts";
import { withLoopbackBroker, yardstickOn } from "./loopback.ts";

const WARM_SEC = 8;
const MEASURE_SEC = 10;
const MESSAGE_BYTES = 200;
const SINGLE_MESSAGES = 3_000;

const CONFIG = {
  "kafka.enabled": "true",
  "benchmark.preheat": "0 seconds",
  "benchmark.warmUp.min": `${WARM_SEC} seconds`,
  "benchmark.warmUp.max": `${WARM_SEC + 4} seconds`,
  "benchmark.warmUp.brokers": `${WARM_SEC + 4} seconds`,
  "benchmark.duration": `${MEASURE_SEC} seconds`,
  "benchmark.network.enabled": "false",
};

interface Plan {
  image: string;
  labels: string[];
  target: { kafka: { bootstrap: string[] } };
  conditions: { images: Record<string, string> };
}

/** A node that runs an agent. */
const NODE = "node3";

async function toolsOf(project: TestProject): Promise<IndependentTools> {
  const { benchPlan, registry } = await project.secretOutputs<{ benchPlan: Plan; registry: string }>();
  const { nodes } = await project.outputs<{ nodes: { name: string; ssh: string }[] }>();
  return new IndependentTools({
    bootstrap: benchPlan.target.kafka.bootstrap.join(","),
    images: { bench: benchPlan.image, kafka: `${registry}/${benchPlan.conditions.images.kafka}` },
    labels: benchPlan.labels,
    ssh: nodes.find(({ name }) => name === NODE)?.ssh ?? "",
    shell: (command) => project.must("sh", "-c", command),
    onNode: (command) => project.on(NODE, command),
  });
}

async function agents(
  project: TestProject,
  client: string,
  load: Record<string, string | number>,
): Promise<Sample> {
  const changes = { client, acks: 1, messageBytes: MESSAGE_BYTES, ...load };
  const sets = Object.entries(changes).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const args = ["swarmbench.mjs", "bench", "-s", project.stack, ...sets];
  const text = await project.must("node", ...args);
  const folder = /^results: (.*)\/report\.html$/m.exec(text)?.[1] ?? "";
  const [step] = readResults(path.resolve(project.directory, folder)).steps;
  if (!step || !isMeasured(step) || step.latencyMs.p50 === null || step.latencyMs.p99 === null)
    throw new Error(`the run has no results:\n${text}`);
  return {
    p50: step.latencyMs.p50,
    p99: step.latencyMs.p99,
    lost: step.lost,
    cpu: step.generator.cpu ?? Number.NaN,
    lagP99: step.generator.scheduleLagMsP99 ?? Number.NaN,
  };
}

/** The yardstick on a broker that was started for it, so that no idle broker disturbs the other measurements. */
const onLoopback = (load: { producers: number; rate: number }) =>
  withLoopbackBroker(({ target }) =>
    yardstickOn(target.bootstrap[0] ?? "", {
      ...load,
      topic: "loopback",
      messageBytes: MESSAGE_BYTES,
      warmSec: WARM_SEC,
      measureSec: MEASURE_SEC,
    }),
  );

const show = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? "-" : value.toFixed(2);

function row(name: string, { p50, p99, lagP99, cpu, lost }: Sample): string {
  return `| ${[name, ...[p50, p99, lagP99, cpu].map(show), lost === undefined || Number.isNaN(lost) ? "-" : lost].join(" | ")} |`;
}

/** A table of targets: the agents' results relative to those of the tools. */
function targets(
  { yardstick, loopback }: Record<"yardstick" | "loopback", Sample>,
  agentsByClient: Record<string, Sample>,
  single: Sample,
  agentsSingle: Sample,
): string[] {
  const line = (what: string, value: number, limit: number, unit: string) =>
    `| ${what} | ${value.toFixed(2)}${unit} | <= ${limit}${unit} | ${value <= limit ? "met" : "missed"} |`;
  const cpuLimits: Record<string, number> = { kafkajs: 1.15, platformatic: 0.8 };
  return [
    "| what | measured | target | |",
    "| --- | --- | --- | --- |",
    ...Object.entries(agentsByClient).flatMap(([client, sample]) => [
      line(`${client}: p50 minus the yardstick's`, sample.p50 - yardstick.p50, 1, " ms"),
      line(`${client}: p99 / the yardstick's`, sample.p99 / yardstick.p99, 2, "x"),
      line(
        `${client}: CPU of the sender / the yardstick's`,
        (sample.cpu ?? 0) / (yardstick.cpu ?? 1),
        cpuLimits[client] ?? 1,
        "x",
      ),
      line(`${client}: schedule lag p99`, sample.lagP99 ?? Number.NaN, 2, " ms"),
    ]),
    line(
      "yardstick: CPU of the sender, through the stack / on loopback",
      (yardstick.cpu ?? Number.NaN) / (loopback.cpu ?? Number.NaN),
      1.6,
      "x",
    ),
    line("one producer: p50 / EndToEndLatency's", agentsSingle.p50 / single.p50, 1, "x"),
    line("one producer: p99 / EndToEndLatency's", agentsSingle.p99 / single.p99, 2, "x"),
  ];
}

/** Measures in turn with each tool, and prints medians and ratios. */
export async function run(command: Command): Promise<undefined> {
  const options = command.opts<{ rounds: string; producers: string; rate: string }>();
  const rounds = wholeNumber(command, "rounds", options.rounds);
  const producers = wholeNumber(command, "producers", options.producers);
  const rate = wholeNumber(command, "rate", options.rate);
  readInstallation();
  await onOwnStack("clients", CONFIG, async (project) => {
    await project.mustUp();
    const tools = await toolsOf(project);
    await tools.install();
    const samples: Record<string, Sample[]> = {
      yardstick: [],
      loopback: [],
      kafkajs: [],
      platformatic: [],
      single: [],
      agentsSingle: [],
    };
    const load = { producers, totalRate: rate };
    for (let round = 1; round <= rounds; round += 1) {
      console.error(`round ${round} of ${rounds}`);
      samples.yardstick?.push(
        await tools.yardstick({
          ...load,
          messageBytes: MESSAGE_BYTES,
          warmSec: WARM_SEC,
          measureSec: MEASURE_SEC,
        }),
      );
      samples.loopback?.push(await onLoopback({ producers, rate }));
      samples.kafkajs?.push(await agents(project, "kafkajs", load));
      samples.platformatic?.push(await agents(project, "platformatic", load));
      samples.single?.push(await tools.endToEndLatency(SINGLE_MESSAGES, MESSAGE_BYTES));
      samples.agentsSingle?.push(await agents(project, "kafkajs", { producers: 1, totalRate: 100 }));
    }
    const byTool = Object.fromEntries(
      Object.entries(samples).map(([name, all]) => [name, medians(all)]),
    ) as Record<string, Sample>;
    const { yardstick, loopback, kafkajs, platformatic, single, agentsSingle } = byTool as Record<
      "yardstick" | "loopback" | "kafkajs" | "platformatic" | "single" | "agentsSingle",
      Sample
    >;
    console.log(`\n${await conditions()}; ${rounds} rounds, medians\n`);
    console.log(
      `${producers} producers, ${rate} messages of ${MESSAGE_BYTES} bytes per second, acks 1; latencies in ms\n`,
    );
    console.log(
      "| tool | p50 | p99 | schedule lag p99 | CPU of the sender | lost |\n| --- | --- | --- | --- | --- | --- |",
    );
    console.log(
      [
        row("yardstick (franz-go)", yardstick),
        row("agents, kafkajs", kafkajs),
        row("agents, platformatic", platformatic),
        row("yardstick, broker on loopback", loopback),
      ].join("\n"),
    );
    console.log(
      "\none message at a time\n\n| tool | p50 | p99 | schedule lag p99 | CPU of the sender | lost |\n| --- | --- | --- | --- | --- | --- |",
    );
    console.log(
      [row("EndToEndLatency", single), row("agents, kafkajs, 100 messages per second", agentsSingle)].join(
        "\n",
      ),
    );
    console.log(
      `\n${targets({ yardstick, loopback }, { kafkajs, platformatic }, single, agentsSingle).join("\n")}`,
    );
  });
}

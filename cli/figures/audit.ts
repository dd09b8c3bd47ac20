/**
 * Audits what the benchmark measures against other tools, on one Kafka process of this machine: `npm run bench:audit`.
 *
 * The yardstick (cli/figures/yardstick) and Kafka's EndToEndLatency run in turn with the agents. The rule of OpenMessaging
 * Benchmark is applied to the agents' own samples. No Docker: everything is a process on the loopback interface.
 */
import type { Command } from "commander";
import { parsedEndToEndLatency, type Sample } from "../calibrate/independent.ts";
import { median, spreadOf } from "../calibrate/statistics.ts";
import { run as runProgram } from "../lib/run.ts";
import { abortOnSignal } from "../lib/signals.ts";
import { ensureKafkaJars } from "../setup/kafkaJars.ts";
import { AuditSteps, type StepLatencies } from "./auditSteps.ts";
import { machineConditions, wholeNumber } from "./lib.ts";
import { withLoopbackBroker, yardstickOn } from "./loopback.ts";
import { type Kept, keptByOpenMessaging } from "./openMessaging.ts";

const MESSAGE_BYTES = 200;
const WARM_SEC = 8;
const PARTITIONS = 12;
/** Rate of the steps that are compared with EndToEndLatency, which waits for each message before it sends the next one. */
const SINGLE_RATE = 100;

/** The options of the command. */
interface Size {
  rounds: number;
  producers: number;
  /** Messages per second of all producers together. */
  rate: number;
  /** Measured time of each run, s. */
  seconds: number;
}

/** The results of all rounds. */
interface Samples {
  yardstick: Sample[];
  endToEnd: Sample[];
  agents: StepLatencies[];
  agentsSingle: StepLatencies[];
}

/** Starts a broker, measures in turn with each tool, and prints the tables. */
export async function run(command: Command): Promise<undefined> {
  const options = command.opts<Record<keyof Size, string>>();
  const size = {
    rounds: wholeNumber(command, "rounds", options.rounds),
    producers: wholeNumber(command, "producers", options.producers),
    rate: wholeNumber(command, "rate", options.rate),
    seconds: wholeNumber(command, "seconds", options.seconds),
  };
  const signal = abortOnSignal(() => console.error("stopping the broker and the agents"));
  const jars = await ensureKafkaJars();
  await withLoopbackBroker(async ({ target }) => {
    const steps = await AuditSteps.start(target);
    try {
      const samples = await measureAll({ jars, bootstrap: target.bootstrap[0] ?? "" }, steps, size, signal);
      console.log(report(samples, size));
    } finally {
      await steps.dispose();
    }
  });
}

interface Tools {
  jars: string;
  bootstrap: string;
}

async function measureAll(
  tools: Tools,
  steps: AuditSteps,
  size: Size,
  signal: AbortSignal,
): Promise<Samples> {
  const samples: Samples = { yardstick: [], endToEnd: [], agents: [], agentsSingle: [] };
  const { rounds, producers, rate, seconds } = size;
  const common = { messageBytes: MESSAGE_BYTES, acks: 1 as const, partitions: PARTITIONS };
  const warmUp = { min: WARM_SEC, max: WARM_SEC + 4, brokers: 1 };
  const benchmark = { duration: seconds, warmUp, drain: 10, preheat: 0, network: { enabled: false } };
  for (let round = 1; round <= rounds; round += 1) {
    signal.throwIfAborted();
    console.error(`round ${round} of ${rounds}`);
    samples.yardstick.push(await yardstickOnce(tools, size, `audit-yardstick-${round}`));
    const load = { ...common, producers, totalRate: rate };
    samples.agents.push(await steps.measure(load, { ...benchmark, seed: round }, signal));
    samples.endToEnd.push(await endToEndOnce(tools, SINGLE_RATE * seconds, `audit-single-${round}`));
    const single = { ...common, producers: 1, totalRate: SINGLE_RATE };
    samples.agentsSingle.push(await steps.measure(single, { ...benchmark, seed: round }, signal));
  }
  return samples;
}

const yardstickOnce = ({ bootstrap }: Tools, { producers, rate, seconds }: Size, topic: string) =>
  yardstickOn(bootstrap, {
    topic,
    producers,
    rate,
    messageBytes: MESSAGE_BYTES,
    warmSec: WARM_SEC,
    measureSec: seconds,
  });

async function endToEndOnce({ jars, bootstrap }: Tools, messages: number, topic: string): Promise<Sample> {
  const text = await runProgram("java", [
    ...["-cp", `${jars}/*`, "org.apache.kafka.tools.EndToEndLatency", "--bootstrap-server", bootstrap],
    ...["--topic", topic, "--num-records", String(messages), "--producer-acks", "1"],
    ...["--record-size", String(MESSAGE_BYTES)],
  ]);
  return parsedEndToEndLatency(text);
}

/** @param from where the latencies begin: `latency` at the intended time, `sendToReceive` at the actual send */
function sampleOf(step: StepLatencies, from: "latency" | "sendToReceive"): Sample {
  const { [from]: latency, lost, lagP99, cpu } = step;
  return { p50: ms(latency.percentileMs(50)), p99: ms(latency.percentileMs(99)), lost, lagP99, cpu };
}

const ms = (value: number | null) => value ?? Number.NaN;
const shown = (value: number, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

function report({ yardstick, endToEnd, agents, agentsSingle }: Samples, size: Size): string {
  const { rounds, producers, rate, seconds } = size;
  return [
    machineConditions(),
    `One broker with 256 MiB heap on loopback, ${MESSAGE_BYTES} bytes a message, acks 1; rounds in turn: ${rounds}, of ${seconds} s each; medians, in brackets the smallest and the largest. Latencies in ms.`,
    `## From the intended time: ${producers} producers, ${rate} messages per second`,
    toolTable([
      ["yardstick (franz-go)", yardstick],
      ["agents, kafkajs", agents.map((step) => sampleOf(step, "latency"))],
    ]),
    "## One message at a time, from send to receipt",
    "EndToEndLatency prints whole milliseconds, rounded down; for a median of 0 its mean stands.",
    toolTable([
      ["Kafka's EndToEndLatency", endToEnd],
      [
        `agents, kafkajs, ${SINGLE_RATE} messages per second`,
        agentsSingle.map((step) => sampleOf(step, "sendToReceive")),
      ],
    ]),
    "## The agents' own samples by the rule of OpenMessaging Benchmark",
    "Times in whole milliseconds from send to receipt, and samples of 0 ms dropped.",
    keptTable([
      [`${producers} producers`, agents],
      ["one producer", agentsSingle],
    ]),
  ].join("\n\n");
}

function toolTable(rows: readonly [string, Sample[]][]): string {
  const line = ([name, samples]: readonly [string, Sample[]]) => {
    const cell = (key: keyof Sample) => ranged(samples.map((sample) => sample[key] ?? Number.NaN));
    return `| ${[name, cell("p50"), cell("p99"), cell("lagP99"), cell("cpu")].join(" | ")} |`;
  };
  const heads =
    "| tool | p50 | p99 | schedule lag p99 | CPU of the sender |\n| --- | --- | --- | --- | --- |";
  return [heads, ...rows.map(line)].join("\n");
}

function keptTable(rows: readonly [string, StepLatencies[]][]): string {
  const line = ([name, samples]: readonly [string, StepLatencies[]]) => {
    const kept = samples.map(({ sendToReceive }) => keptByOpenMessaging(sendToReceive));
    const own = (percent: number) =>
      samples.map(({ sendToReceive }) => ms(sendToReceive.percentileMs(percent)));
    const ofKept = (key: keyof Kept) => kept.map((each) => ms(each[key]));
    const shares = ofKept("share").map((share) => 100 * share);
    const cells = [own(50), ofKept("p50"), own(99), ofKept("p99")].map(ranged);
    return `| ${[name, `${shown(median(shares), 1)} %`, ...cells].join(" | ")} |`;
  };
  const heads =
    "| load | samples kept | p50 | p50 of those kept | p99 | p99 of those kept |\n| --- | --- | --- | --- | --- | --- |";
  return [heads, ...rows.map(line)].join("\n");
}

function ranged(values: readonly number[]): string {
  const { min, median: middle, max } = spreadOf(values);
  return values.length < 2 || !Number.isFinite(middle)
    ? shown(middle)
    : `${shown(middle)} (${shown(min)} – ${shown(max)})`;
}

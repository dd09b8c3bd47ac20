// Runs the log check of a step, after its drain (bench/measure/logCheck.ts compares).
import { setTimeout as sleep } from "node:timers/promises";
import type { LogCheckResult } from "../../contract/logCheck.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { topicCount, topicNames } from "../../contract/topics.ts";
import type { Workload } from "../../contract/workload.ts";
import { type ProducerTotals, stepName } from "../agent/protocol.ts";
import { adapterOf } from "../clients/index.ts";
import type { ClientAdapter } from "../clients/port.ts";
import { readLog } from "../kafka/readLog.ts";
import { logOffsets } from "../kafka/topics.ts";
import { readStamp, runMark, type Stamp } from "../load/message.ts";
import type { DueTimes } from "../measure/deviatingSeconds.ts";
import { LogCheck, recordedBy } from "../measure/logCheck.ts";
import type { LogOffsets } from "../measure/unread.ts";
import { reason } from "../reason.ts";
import type { StepListener } from "./agentReports.ts";
import { reachesBroker } from "./brokerless.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";

/**
 * How long to wait for acknowledged messages that are missing from the log. With acks 0 and 1, consumers see a message only once all
 * in-sync replicas have it; a replica that lags behind leaves the in-sync set after 30 s (default of replica.lag.time.max.ms).
 */
const SETTLE_MS = 35_000;
const SETTLE_EVERY_MS = 1_000;
/** Number of messages between two progress lines. */
const SHOW_EVERY = 10_000;

/** What to check. */
export interface LogToCheck {
  run: string;
  step: number;
  /** Start of the names of consumer groups. */
  prefix?: string | undefined;
  target: KafkaTarget;
  workload: Pick<Workload, "client" | "topics"> & DueTimes["workload"];
  /** Of the benchmark. */
  seed: number;
  /** The load: no message was due before its start, or at its end or later; µs since 1970. */
  load: Pick<DueTimes, "startUs" | "endUs">;
  topic: {
    /** Its name, or the start of the names of several. */
    name: string;
    /** Of each topic. */
    partitions: number;
    replicationFactor: number;
    /** First offset of the step in each partition, if that is not 0. */
    startOffsets: Readonly<Record<number, string>>;
  };
  produced: readonly ProducerTotals[];
  signal: AbortSignal;
  progress(text: string): void;
  /** @default 35,000, and 0 with one replica: then consumers see every message that the leader has */
  settleMs?: number;
  /** The client that reads, and the offsets of the log. @default the workload's client, and the offsets that Kafka reports */
  source?: { adapter: ClientAdapter; offsets(): Promise<LogOffsets> };
}

/** Runs the log check of a step. @returns undefined if the step has none @throws the reason of the signal if it aborts */
export async function stepLogCheck(
  { run, number, phase, workload, benchmark, target }: StepOrder,
  { topic, load, produced }: Pick<LogToCheck, "topic" | "load" | "produced">,
  listener: StepListener,
  signal: AbortSignal,
): Promise<StepFindings["logCheck"]> {
  if (!benchmark.logCheck || phase === "preheat" || !reachesBroker(workload)) return undefined;
  const progress = (text: string) => listener.phase(text);
  progress("checking the log");
  const { kafka, prefix } = target;
  const { seed } = benchmark;
  return checkLog({
    run,
    step: number,
    prefix,
    target: kafka,
    workload,
    seed,
    load,
    topic,
    produced,
    signal,
    progress,
  });
}

/**
 * Reads the whole log of a step's topics, and compares it with what the step's producers recorded. It runs after the producers have
 * been closed.
 *
 * @returns the result, or why the log could not be read
 * @throws the reason of the signal if it aborts
 */
export async function checkLog(order: LogToCheck): Promise<LogCheckResult | { error: string }> {
  const began = performance.now();
  try {
    const check = await readAll(order);
    const names = namesOf(order);
    const { partitions, ...counts } = check.result();
    return {
      ...counts,
      partitions: partitions.map(({ partition, ...deviations }) => ({
        topic: names[Math.floor(partition / order.topic.partitions)] as string,
        partition: partition % order.topic.partitions,
        ...deviations,
      })),
      seconds: (performance.now() - began) / 1_000,
    };
  } catch (error) {
    order.signal.throwIfAborted();
    return { error: reason(error) };
  }
}

function namesOf({ topic, workload }: LogToCheck): string[] {
  return topicNames(topic.name, topicCount(workload));
}

async function readAll(order: LogToCheck): Promise<LogCheck> {
  const { topic, signal, workload, seed, step, load } = order;
  const due: DueTimes = { workload, seed, step, startUs: load.startUs, endUs: load.endUs };
  const check = new LogCheck(recordedBy(order.produced), due);
  const settleMs = order.settleMs ?? (topic.replicationFactor > 1 ? SETTLE_MS : 0);
  const deadline = performance.now() + settleMs;
  let readTo = await readFrom(order, check, startsOf(topic.startOffsets), 1);
  for (let round = 2; check.missing > 0 && performance.now() < deadline; round += 1) {
    await sleep(SETTLE_EVERY_MS, undefined, { signal });
    readTo = await readFrom(order, check, readTo, round);
  }
  return check;
}

function startsOf(startOffsets: Readonly<Record<number, string>>): Record<number, number> {
  return Object.fromEntries(
    Object.entries(startOffsets).map(([partition, offset]) => [partition, Number(offset)]),
  );
}

/**
 * Reads each partition from an offset, by default 0, to its current end.
 *
 * @param round number of this pass; each pass has its own consumer groups
 * @returns the ends
 */
async function readFrom(
  order: LogToCheck,
  check: LogCheck,
  starts: Readonly<Record<number, number>>,
  round: number,
): Promise<Record<number, number>> {
  const { target, workload, topic, signal } = order;
  const topics = namesOf(order);
  const source = order.source ?? {
    adapter: await adapterOf(workload.client),
    offsets: () => logOffsets(target, topics, topic.partitions),
  };
  const offsets: LogOffsets = {};
  const readTo: Record<number, number> = {};
  for (const [key, { low, end }] of Object.entries(await source.offsets())) {
    const partition = Number(key);
    const start = starts[partition] ?? 0;
    if (low > start) check.addDeleted(partition, low - start);
    offsets[partition] = { low: Math.max(low, start), end };
    readTo[partition] = Math.max(end, start);
  }
  const group = `${stepName(order)}-log${round}`;
  await readLog(
    { adapter: source.adapter, target, topics, partitions: topic.partitions, offsets, group, signal },
    taker(order, check),
  );
  return readTo;
}

/** Adds messages to a check. */
function taker(
  { run, step, progress }: LogToCheck,
  check: LogCheck,
): (partition: number, value: Buffer) => void {
  const mark = runMark(run);
  const stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
  let read = 0;
  return (partition, value) => {
    read += 1;
    if (read % SHOW_EVERY === 0) progress(`checking the log: ${read} messages`);
    if (readStamp(value, stamp) && stamp.run === mark && stamp.step === step)
      check.add(partition, stamp.producer, stamp.sequence, stamp.intendedUs);
    else check.addForeign(partition);
  };
}

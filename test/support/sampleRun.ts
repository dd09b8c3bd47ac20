import { randomOf } from "../../bench/load/random.ts";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { LogCheckResult } from "../../contract/logCheck.ts";
import type { Saturated } from "../../contract/resources.ts";
import {
  type MeasuredStep,
  type Run,
  type RunEvent,
  SCHEMA_VERSION,
  type Second,
} from "../../contract/result.ts";
import { benchmarkSchema, sloSchema, workloadSchema } from "../../contract/workload.ts";
import { buildResults } from "../../results/build.ts";
import { brokerMetrics, machineMetrics } from "./sampleResources.ts";

const RATE = 10;
const SECONDS = 10;
const START = 1_764_000_000;
const timeOf = (second: number) => new Date((START + second) * 1_000).toISOString();

/** Latencies that look like those of a broker: a log-normal body around the median. */
function latenciesOf(count: number, medianMs: number, seed: number): LatencyHistogram {
  const random = randomOf(seed, count);
  const histogram = new LatencyHistogram();
  for (let sample = 0; sample < count; sample += 1) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    histogram.record(medianMs * 1_000 * Math.exp(0.9 * normal));
  }
  return histogram;
}

/** What is saturated in the steps that miss the SLO. */
const SHARED_CPUS: Saturated = {
  resource: "machine-cpu",
  place: "node1+node2",
  text: "this machine's CPUs, which brokers and agents share",
  value: 1.86,
  limit: 2,
  unit: "CPUs",
};

const stepCache = new Map<string, MeasuredStep>();

/** A finished step of a sweep, the same for the same arguments; the caller may change it. */
export function sampleStep(
  step: number,
  producers: number,
  medianMs: number,
  verdict: MeasuredStep["verdict"] = "ok",
): MeasuredStep {
  const key = JSON.stringify([step, producers, medianMs, verdict]);
  const sample = stepCache.get(key) ?? makeStep(step, producers, medianMs, verdict);
  stepCache.set(key, sample);
  return structuredClone(sample);
}

function makeStep(
  step: number,
  producers: number,
  medianMs: number,
  verdict: MeasuredStep["verdict"],
): MeasuredStep {
  const perSec = producers * RATE;
  const offered = perSec * SECONDS;
  const latency = latenciesOf(Math.min(offered, 5_000), medianMs, step);
  const seconds: Second[] = Array.from({ length: SECONDS + 4 }, (_, index) => ({
    at: START + step * 30 + index,
    measured: index >= 3 && index < SECONDS + 3,
    offered: perSec,
    sent: perSec,
    acked: perSec,
    delivered: perSec,
    bytes: perSec * 200,
    errors: 0,
    late: 0,
    backlog: 3,
    latencyMs: latenciesOf(500, medianMs, step * 100 + index).distribution(),
    generator: { scheduleLagMsP99: 1.5, eventLoopDelayMsP99: 2, cpu: 0.3, memoryMiB: 200 + index },
  }));
  const missed = verdict === "slo-missed";
  return {
    state: "measured",
    step,
    phase: "sweep",
    values: { producers },
    startedAt: timeOf(step * 30),
    producers,
    consumers: 1,
    groups: 1,
    topics: 1,
    brokers: 1,
    nodes: 1,
    partitions: 12,
    replicationFactor: 1,
    acks: "all",
    client: "kafkajs",
    messageBytes: 200,
    ratePerProducer: RATE,
    durationSeconds: SECONDS,
    warmUpSeconds: 8,
    steady: true,
    steadyReason: "steady for 10 s",
    offered,
    sent: offered,
    acked: offered,
    delivered: offered,
    received: offered,
    lost: 0,
    pending: 0,
    duplicated: 0,
    reread: 0,
    reordered: 0,
    late: 0,
    unsent: 0,
    errors: {},
    bytes: offered * 200,
    backlogAtEnd: 3,
    drainSeconds: 0.6,
    latencyMs: latency.distribution(),
    ackMs: latency.distribution(),
    correctedLatencyMs: latency.distribution(),
    clocks: {
      errorMs: 0.12,
      boundMs: 0.11,
      pairs: [
        {
          from: "producers.1",
          to: "consumers.1",
          offsetMs: 0.01,
          boundMs: 0.11,
          driftPpm: 0.1,
          straight: true,
          minRttMs: 0.2,
          sent: 100,
          answered: 100,
        },
      ],
    },
    sameNode: {
      share: 1 / 12,
      ownMs: latency.distribution(),
      oneWayMs: latency.distribution(),
      differenceMs: 0.05,
      boundMs: 1.3,
      agrees: true,
    },
    sendToReceiveMs: latency.distribution(),
    repeatsMs: new LatencyHistogram().distribution(),
    slowestProducer: { producer: 0, p99: 12 },
    generator: {
      scheduleLagMsP99: 1.5,
      scheduleLagMsMax: 9,
      eventLoopDelayMsP99: 3,
      cpu: 0.3,
      cpuTotal: 0.5,
      cpuWait: 0.05,
      consumers: { cpuWait: 0.04, eventLoopDelayMs: 2 },
      memoryMiB: 200,
    },
    brokersCpu: 0.4,
    brokersJitThreads: 0.02,
    busiestMachine: { cpusBusy: missed ? 1.86 : 1.2, cpus: 2 },
    resources: {
      brokers: [brokerMetrics()],
      machines: [machineMetrics({ nodes: ["node1", "node2"], cpusBusy: missed ? 1.86 : 1.2 })],
    },
    saturated: missed ? [SHARED_CPUS] : [],
    ownCost: { runnerCpus: 0.04, probesCpus: 0.01, share: 0.025 },
    verdict,
    reasons: verdict === "ok" ? [] : ["p99 latency 240.0 ms, above 100 ms"],
    histogram: latency.encode(),
    histograms: { ack: latency.encode(), sendToReceive: latency.encode() },
    seconds,
    connectSeconds: 0.4,
  };
}

/** The events of a sweep over producers with its knee at 500. */
export function sampleEvents(): RunEvent[] {
  const steps: [producers: number, medianMs: number, verdict?: MeasuredStep["verdict"]][] = [
    ...([
      [1, 2],
      [50, 2],
      [100, 2.2],
      [300, 3],
      [500, 6],
      [800, 30, "slo-missed"],
    ] as [number, number, MeasuredStep["verdict"]?][]),
  ];
  const slo = sloSchema.parse({});
  const machine = { cpus: 2, memoryMiB: 24_000, cpuModel: "CPU", kernel: "6.1" };
  return [
    {
      event: "run",
      schemaVersion: SCHEMA_VERSION,
      run: "20251124T160000Z-local-abcdef",
      scenario: "local",
      at: timeOf(0),
      resumed: false,
      slo,
      conditions: {
        swarmbench: { version: "0.1.0", commit: "abc", dirty: false },
        source: "built",
        images: { kafka: "swarmbench/kafka@sha256:1" },
        versions: { kafka: "4.3.1" },
        settings: { kafka: { brokers: 1 } },
        workload: { ...workloadSchema.parse({}) },
        benchmark: { ...benchmarkSchema.parse({ sweep: { producers: [1, 50] } }) },
        nodes: [{ name: "node1", role: "monitor", ...machine }],
        agents: [{ name: "producers.1", role: "producer", node: "node1" }],
      },
    },
    ...steps.flatMap(([producers, medianMs, verdict], index): RunEvent[] => {
      const result = sampleStep(index + 1, producers, medianMs, verdict);
      return [
        { event: "step-started", at: result.startedAt, step: result.step, values: result.values },
        { event: "step", at: result.startedAt, result },
      ];
    }),
    {
      event: "end",
      at: timeOf(400),
      searchReason: "800 missed",
      verdict: "ok",
      points: { written: 100, lost: 0 },
      knee: {
        variable: "producers",
        value: 500,
        interval: [480, 620],
        confidence: 0.9,
        slo,
        reason: "500 producers met the SLO, 620 did not",
      },
    },
  ];
}

/** A run in which every step has results. */
export type MeasuredRun = Omit<Run, "steps"> & { steps: MeasuredStep[] };

export function sampleRun(): MeasuredRun {
  return buildResults(sampleEvents()) as MeasuredRun;
}

/** The log check of a step that sent this many messages: none deviates, unless `changes` says so. */
export function logCheckOf(sent: number, changes: Partial<LogCheckResult> = {}): LogCheckResult {
  return {
    sent,
    acked: sent,
    failed: 0,
    unanswered: 0,
    present: sent,
    missing: 0,
    unacked: 0,
    duplicated: 0,
    reordered: 0,
    unrecorded: 0,
    foreign: 0,
    deleted: 0,
    producers: [],
    producersLeftOut: 0,
    partitions: [],
    partitionsLeftOut: 0,
    seconds: 1,
    ...changes,
  };
}

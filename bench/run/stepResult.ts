// From what a step has found to its entry in the results: plain functions.

import type { LatencyHistogram } from "../../contract/histogram.ts";
import type { FailedStep, GeneratorMetrics, MeasuredStep, Step } from "../../contract/result.ts";
import { meanBytes, ratePerProducer } from "../../contract/workload.ts";
import { accountStep } from "../measure/account.ts";
import {
  correctedLatency,
  errorOfPair,
  pairClocks,
  type StepClocks,
  sameNodeMetrics,
} from "../measure/clocks.ts";
import { evaluate } from "../measure/evaluate.ts";
import { inOrder } from "./allocation.ts";
import { compilersBetween, cpusBetween } from "./brokerCpu.ts";
import { generatorAccount, NO_BROKER_REASON, reachesBroker } from "./brokerless.ts";
import { faultReasons, skippedOnPurpose } from "./faults.ts";
import type { Agent } from "./fleet.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";

/** The results of a step that ran to its end; failed where no message was due in the measured time. */
export function stepResult(order: StepOrder, found: StepFindings): Step {
  const { benchmark } = order;
  const withBroker = reachesBroker(order.workload);
  const all = accountStep(found.produced, found.consumed);
  const account = withBroker ? all : generatorAccount(all);
  const { latency, ack, sendToReceive, lag, foreign, malformed, ...counts } = account;
  const generator = generatorMetrics(found, lag);
  const latencyMs = latency.distribution();
  const { before, after } = found.measured.brokerCpu;
  const { verdict, reasons } = evaluate(
    {
      ...counts,
      errors: Object.values(counts.errors).reduce((sum, count) => sum + count, 0),
      // Without a broker: how late messages leave.
      p99Ms: withBroker ? latencyMs.p99 : lag.percentileMs(99),
      steady: found.warmUp.steady,
      steadyReason: found.warmUp.reason,
      scheduleLagMsP99: generator.scheduleLagMsP99,
      cpu: generator.cpu,
      brokersCompiling: withBroker ? compilersBetween(before, after) : null,
    },
    benchmark.slo,
  );
  const why = [
    ...(withBroker ? [] : [NO_BROKER_REASON]),
    ...reasons,
    ...strangers(foreign, malformed),
    ...faultReasons(found.consumed),
  ];
  if (counts.offered === 0) return failedStep(order, found.startedAt, why);
  return {
    state: "measured",
    ...askedOf(order, found.startedAt),
    ...conditionsOf(found),
    ...counts,
    ...clockMetrics(found),
    backlogAtEnd: found.drain.backlogAtEnd,
    drainSeconds: found.drain.seconds,
    latencyMs,
    ackMs: ack.distribution(),
    sendToReceiveMs: sendToReceive.distribution(),
    generator,
    brokersCpu: cpusBetween(before, after),
    busiestMachine: busiestMachine(found),
    verdict,
    reasons: why,
    ...skippedOnPurpose(found.consumed),
    histogram: latency.encode(),
    histograms: { ack: ack.encode(), sendToReceive: sendToReceive.encode() },
    seconds: found.timeline.seconds,
  };
}

function clockMetrics(found: StepFindings): Pick<MeasuredStep, "clocks" | "correctedLatencyMs" | "sameNode"> {
  const { fromSec, toSec } = found.measured;
  const names = (agents: readonly Agent[]) => agents.map(({ task }) => task);
  const clocks: StepClocks = {
    producers: names(found.producers),
    consumers: names(found.consumers),
    runner: found.runner,
    produced: found.produced,
    consumed: found.consumed,
    window: { fromUs: fromSec * 1e6, toUs: toSec * 1e6 },
  };
  const pairs = pairClocks(clocks);
  const corrected = correctedLatency(clocks);
  const errors = pairs
    .filter(({ from }) => from !== "runner")
    .map((pair) => errorOfPair(pair, toSec - fromSec));
  const errorMs = errors.length > 0 && !errors.includes(null) ? Math.max(...(errors as number[])) : null;
  const boundMs = corrected?.boundMs ?? null;
  return {
    clocks: { errorMs, boundMs, pairs },
    correctedLatencyMs: corrected?.latency.distribution() ?? null,
    sameNode: found.sameNode ? sameNodeMetrics(clocks, boundMs) : null,
  };
}

const agentsOf = ({ producers, consumers }: Pick<StepFindings, "producers" | "consumers">) => [
  ...producers,
  ...consumers,
];

/** A step that has no results. @param reasons why it failed, as sentences */
export function failedStep(order: StepOrder, startedAt: string, reasons: string[]): FailedStep {
  return { state: "failed", ...askedOf(order, startedAt), verdict: "failed", reasons };
}

function askedOf({ number, phase, values, workload, target }: StepOrder, startedAt: string) {
  const { producers, consumers, groups, acks, client } = workload;
  return {
    step: number,
    phase,
    values,
    startedAt,
    producers,
    consumers,
    groups,
    acks,
    client,
    brokers: target.brokerMetrics.length,
    messageBytes: meanBytes(workload.messageBytes),
    ratePerProducer: ratePerProducer(workload),
  };
}

function conditionsOf(found: StepFindings) {
  return {
    nodes: inOrder(agentsOf(found).map(({ node }) => node)).length,
    partitions: found.topic.partitions,
    replicationFactor: found.topic.replicationFactor,
    durationSeconds: found.measured.toSec - found.measured.fromSec,
    warmUpSeconds: found.warmUp.seconds,
    steady: found.warmUp.steady,
    steadyReason: found.warmUp.reason,
    connectSeconds: found.connectSeconds,
  };
}

function generatorMetrics({ timeline }: StepFindings, lag: LatencyHistogram): GeneratorMetrics {
  const usage = [...timeline.usage().values()];
  const busiest = usage.reduce((most, each) => (each.cpu > most.cpu ? each : most), usage[0] ?? NOTHING_USED);
  const known = usage.length > 0;
  const total = (key: "cpu" | "memoryMiB") => usage.reduce((sum, each) => sum + each[key], 0);
  return {
    scheduleLagMsP99: lag.percentileMs(99),
    scheduleLagMsMax: lag.percentileMs(100),
    eventLoopDelayMsP99: known ? Math.max(...usage.map((each) => each.eventLoopDelayMsP99)) : null,
    cpu: known ? busiest.cpu : null,
    cpuTotal: known ? total("cpu") : null,
    cpuWait: known ? busiest.cpuWait : null,
    memoryMiB: known ? total("memoryMiB") : null,
  };
}
const NOTHING_USED = { cpu: 0, cpuWait: 0, eventLoopDelayMsP99: 0, memoryMiB: 0 };

/** Nodes in containers are one machine: the boot id tells. */
function busiestMachine({ timeline, ...found }: StepFindings): MeasuredStep["busiestMachine"] {
  const agents = agentsOf(found);
  const machines = [...timeline.machineUse()].map(([bootId, cpusBusy]) => {
    const cpus = agents.find(({ hello }) => hello.machine.bootId === bootId)?.hello.machine.cpus ?? 0;
    return { cpusBusy, cpus };
  });
  const share = ({ cpusBusy, cpus }: { cpusBusy: number; cpus: number }) => cpusBusy / cpus;
  return machines.reduce<MeasuredStep["busiestMachine"]>(
    (most, each) => (most === null || share(each) > share(most) ? each : most),
    null,
  );
}

function strangers(foreign: number, malformed: number): string[] {
  const others = foreign + malformed;
  return others > 0 ? [`${others} messages of somebody else were on the topic`] : [];
}

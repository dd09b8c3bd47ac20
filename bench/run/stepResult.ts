// Builds the results of a step from its findings.

import { hasFaults, plannedFaults } from "../../contract/faultPlan.ts";
import type { LatencyHistogram } from "../../contract/histogram.ts";
import type { FailedStep, GeneratorMetrics, MeasuredStep, Step } from "../../contract/result.ts";
import { slosOf } from "../../contract/slos.ts";
import { meanBytes, ratePerProducer, type Slo } from "../../contract/workload.ts";
import { CLOCK_FAULT_VARIABLE } from "../agent/clockFault.ts";
import { machine } from "../agent/machine.ts";
import { type Account, accountStep } from "../measure/account.ts";
import { mergedGaps } from "../measure/ackGaps.ts";
import {
  correctedLatency,
  errorOfPair,
  pairClocks,
  type StepClocks,
  sameNodeMetrics,
} from "../measure/clocks.ts";
import { evaluate, type StepMetrics } from "../measure/evaluate.ts";
import type { ConsumerLoad, GeneratorLoad } from "../measure/generator.ts";
import { saturatedResources } from "../measure/saturation.ts";
import { steadyInputs } from "../measure/steady.ts";
import { windowSteadiness } from "../measure/windowSteady.ts";
import { inOrder } from "./allocation.ts";
import { cpusBetween, jitThreadsBetween } from "./brokerCpu.ts";
import { generatorAccount, NO_BROKER_REASON, reachesBroker } from "./brokerless.ts";
import { faultReasons, plannedFaultReasons, skippedOnPurpose } from "./faults.ts";
import type { Agent } from "./fleet.ts";
import { cpuReading } from "./readings.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";
import { stepResources } from "./stepResources.ts";
import type { Usage } from "./timeline.ts";
import { uncleanElections } from "./uncleanElections.ts";

/** The results of a step that ran to its end. It failed if no message was due in the measured time. */
export function stepResult(order: StepOrder, findings: StepFindings): Step {
  const account = accountOf(order, findings);
  const { latency, ack, sendToReceive, repeats, lag, foreign, malformed, ...counts } = account;
  const generator = generatorMetrics(findings, lag);
  const steadiness = steadinessOf(order, findings);
  const [own, ...others] = verdictsOf(order, findings, account, generator, steadiness);
  const { verdict, reasons } = own;
  if (counts.offered === 0) return failedStep(order, findings.startedAt, reasons);
  const resources = stepResources(order, findings);
  const [before, after] = [cpuReading(findings.measured.before), cpuReading(findings.measured.after)];
  return {
    state: "measured",
    ...loadOf(order, findings.startedAt),
    ...conditionsOf(findings),
    steady: steadiness.steady,
    steadyReason: steadiness.reason,
    ...counts,
    received: receivedOf(order, findings),
    ...clockMetrics(findings, counts.offered * order.workload.groups),
    logCheck: findings.logCheck && "error" in findings.logCheck ? undefined : findings.logCheck,
    uncleanElections: uncleanElections(findings.measured.before.brokers, findings.measured.after.brokers),
    ackGaps: hasFaults(order.phase, order.benchmark)
      ? mergedGaps(findings.produced.map(({ ackGaps = [] }) => ackGaps))
      : undefined,
    backlogAtEnd: findings.drain.backlogAtEnd,
    drainSeconds: findings.drain.seconds,
    latencyMs: latency.distribution(counts.offered * order.workload.groups),
    ackMs: ack.distribution(counts.sent),
    sendToReceiveMs: sendToReceive.distribution(counts.sent * order.workload.groups),
    repeatsMs: repeats.distribution(),
    generator,
    brokersCpu: cpusBetween(before, after),
    brokersJitThreads: reachesBroker(order.workload) ? jitThreadsBetween(before, after) : null,
    busiestMachine: busiestMachine(findings),
    resources: { brokers: resources.brokers, machines: resources.machines },
    saturated: saturatedResources(
      { ...resources, generator: loadOfGenerator(generator) },
      order.benchmark.slo,
    ),
    ownCost: resources.ownCost,
    verdict,
    reasons,
    otherSlos: others.length > 0 ? others : undefined,
    skippedOnPurpose: skippedOnPurpose(findings.consumed),
    histogram: latency.encode(),
    histograms: { ack: ack.encode(), sendToReceive: sendToReceive.encode() },
    seconds: findings.timeline.seconds,
  };
}

function accountOf({ workload }: StepOrder, { produced, consumed, unread }: StepFindings): Account {
  const account = accountStep(produced, consumed, unread);
  return reachesBroker(workload) ? account : generatorAccount(account);
}

/** The verdict for each SLO, the benchmark's own first. */
function verdictsOf(
  { workload, benchmark, phase }: StepOrder,
  { measured, consumed, logCheck }: StepFindings,
  account: Account,
  generator: GeneratorMetrics,
  steadiness: { steady: boolean; reason: string },
): [SloVerdict, ...SloVerdict[]] {
  const withBroker = reachesBroker(workload);
  // A fault disturbs the load on purpose, and a restarted broker compiles its code again.
  const disturbed = hasFaults(phase, benchmark);
  // Without a broker, the schedule lag stands in for the latency.
  const latency = withBroker ? account.latency : account.lag;
  const ranked = account.offered * (withBroker ? workload.groups : 1);
  const metricsFor = (slo: Slo): StepMetrics => ({
    offered: account.offered,
    delivered: account.delivered,
    lost: account.lost,
    pending: account.pending,
    missing: logCheck && "missing" in logCheck ? logCheck.missing : undefined,
    logError: logCheck && "error" in logCheck ? logCheck.error : undefined,
    unsent: account.unsent,
    errors: Object.values(account.errors).reduce((sum, count) => sum + count, 0),
    p99Ms: latency.rankedMs(99, ranked),
    ranked,
    late: latency.countAbove(slo.p99Ms) + Math.max(0, ranked - latency.count),
    durationSec: measured.toSec - measured.fromSec,
    steady: steadiness.steady || disturbed,
    steadyReason: steadiness.reason,
    ...loadOfGenerator(generator),
    brokersJitThreads:
      withBroker && !disturbed
        ? jitThreadsBetween(cpuReading(measured.before), cpuReading(measured.after))
        : null,
  });
  const more = [
    ...foreignReasons(account),
    ...faultReasons(consumed),
    ...(disturbed ? plannedFaultReasons(plannedFaults(benchmark).length) : []),
  ];
  const verdictFor = (slo: Slo): SloVerdict => {
    const { verdict, reasons } = evaluate(metricsFor(slo), slo);
    const all = [...reasons, ...more];
    return { p99Ms: slo.p99Ms, verdict, reasons: withBroker ? all : [NO_BROKER_REASON, ...all] };
  };
  const [own, ...others] = slosOf(benchmark);
  return [verdictFor(own), ...others.map(verdictFor)];
}

type SloVerdict = NonNullable<MeasuredStep["otherSlos"]>[number];

/** Whether the load was steady in the measured time. */
function steadinessOf({ workload, benchmark, phase }: StepOrder, { timeline }: StepFindings) {
  const measured = timeline.seconds.filter((second) => second.measured);
  return windowSteadiness(steadyInputs(measured, workload.groups), benchmark.slo, phase === "soak");
}

/** Messages that arrived within the measured time; the mean of the groups. */
function receivedOf({ workload }: StepOrder, { timeline }: StepFindings): number {
  const measured = timeline.seconds.filter((second) => second.measured);
  return Math.round(measured.reduce((sum, { delivered }) => sum + delivered, 0) / workload.groups);
}

function clockMetrics(
  findings: StepFindings,
  ranked: number,
): Pick<MeasuredStep, "clocks" | "correctedLatencyMs" | "sameNode"> {
  const { fromSec, toSec } = findings.measured;
  const names = (agents: readonly Agent[]) => agents.map(({ task }) => task);
  const clocks: StepClocks = {
    producers: names(findings.producers),
    consumers: names(findings.consumers),
    runner: findings.runner,
    produced: findings.produced,
    consumed: findings.consumed,
    machines: clockMachines([...findings.producers, ...findings.consumers]),
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
    correctedLatencyMs: corrected?.latency.distribution(ranked) ?? null,
    sameNode: findings.sameNode ? sameNodeMetrics(clocks, boundMs) : null,
  };
}

/** The machine whose clock each agent and the runner read; an agent with a deliberate clock fault has another clock. */
function clockMachines(agents: readonly Agent[]): Map<string, string> {
  const machines = new Map([["runner", machine().bootId]]);
  for (const { task, hello } of agents) {
    if (!hello.faults.some((fault) => fault.startsWith(CLOCK_FAULT_VARIABLE)))
      machines.set(task, hello.machine.bootId);
  }
  return machines;
}

/** The entry of a step without results. @param reasons why it failed, as sentences */
export function failedStep(order: StepOrder, startedAt: string, reasons: string[]): FailedStep {
  return { state: "failed", ...loadOf(order, startedAt), verdict: "failed", reasons };
}

function loadOf({ number, phase, values, searchedP99Ms, workload, target }: StepOrder, startedAt: string) {
  const { producers, consumers, groups, topics, acks, client } = workload;
  return {
    step: number,
    phase,
    values,
    searchedP99Ms,
    startedAt,
    producers,
    consumers,
    groups,
    topics: topics ?? 1,
    acks,
    client,
    brokers: target.kafka.brokers.length,
    messageBytes: meanBytes(workload.messageBytes),
    ratePerProducer: ratePerProducer(workload),
  };
}

function conditionsOf({ producers, consumers, topic, measured, warmUp, connectSeconds }: StepFindings) {
  return {
    nodes: inOrder([...producers, ...consumers].map(({ node }) => node)).length,
    partitions: topic.partitions,
    replicationFactor: topic.replicationFactor,
    durationSeconds: measured.toSec - measured.fromSec,
    warmUpSeconds: warmUp.seconds,
    connectSeconds,
  };
}

function generatorMetrics({ timeline }: StepFindings, lag: LatencyHistogram): GeneratorMetrics {
  const usage = [...timeline.usage().values()];
  const busiest = usage.reduce((most, each) => (each.cpu > most.cpu ? each : most), usage[0] ?? NOTHING_USED);
  const hasUsage = usage.length > 0;
  const total = (key: "cpu" | "memoryMiB") => usage.reduce((sum, each) => sum + each[key], 0);
  return {
    scheduleLagMsP99: lag.percentileMs(99),
    scheduleLagMsMax: lag.percentileMs(100),
    eventLoopDelayMsP99: hasUsage ? Math.max(...usage.map((each) => each.eventLoopDelayMsP99)) : null,
    cpu: hasUsage ? busiest.cpu : null,
    cpuTotal: hasUsage ? total("cpu") : null,
    cpuWait: hasUsage ? busiest.cpuWait : null,
    consumers: consumerLoad(usage.filter(({ role }) => role === "consumer")),
    memoryMiB: hasUsage ? total("memoryMiB") : null,
  };
}
const NOTHING_USED = { cpu: 0, cpuWait: 0 };

function consumerLoad(consumers: readonly Usage[]): ConsumerLoad | null {
  if (consumers.length === 0) return null;
  return {
    cpuWait: Math.max(...consumers.map(({ cpuWait }) => cpuWait)),
    eventLoopDelayMs: Math.max(...consumers.map(({ eventLoopDelayMsMedian }) => eventLoopDelayMsMedian)),
  };
}

function loadOfGenerator({ scheduleLagMsP99, cpu, consumers }: GeneratorMetrics): GeneratorLoad {
  return { scheduleLagMsP99, cpu, consumers: consumers ?? null };
}

/** The machine with the largest share of busy CPUs. Machines are identified by boot id: several nodes may be containers of one. */
function busiestMachine({ timeline, producers, consumers }: StepFindings): MeasuredStep["busiestMachine"] {
  const agents = [...producers, ...consumers];
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

function foreignReasons({ foreign, malformed }: Account): string[] {
  const count = foreign + malformed;
  return count > 0 ? [`${count} foreign messages were on the topic`] : [];
}

// Merges the seconds that the agents report into one entry per second of a step.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { Second } from "../../contract/result.ts";
import type {
  ConsumerReport,
  ConsumerSecond,
  ProducerReport,
  ProducerSecond,
  Self,
} from "../agent/protocol.ts";
import { mean, sum } from "../measure/average.ts";

/** How long to wait for the reports of a second after its end. */
const REPORT_TIMEOUT_SEC = 4;

/** How long late reports of a second are still accepted. */
const LATE_REPORTS_SEC = 120;

/** One second of a step from all agents, with the histograms for the live metrics. */
export interface MergedSecond extends Second {
  latency: LatencyHistogram;
  ack: LatencyHistogram;
  sendToReceive: LatencyHistogram;
  /** How often consumers joined their groups again. */
  rejoins: number;
}

/** The reports of one second, by task. */
interface Reports {
  producers: Map<string, ProducerSecond>;
  consumers: Map<string, ConsumerSecond>;
}

/** A reporting agent: the name of its task, and the id of its machine. */
export interface Source {
  task: string;
  machine: string;
}

/** Resource usage of an agent in the measured time: means, but for the event loop delay the worst and the median second. */
export interface Usage {
  role: "producer" | "consumer";
  cpu: number;
  cpuWait: number;
  eventLoopDelayMsP99: number;
  eventLoopDelayMsMedian: number;
  memoryMiB: number;
}

/** Merges the reports of all agents of a step. */
export class Timeline {
  private readonly reports = new Map<number, Reports>();
  private nextSec: number;
  private backlog = 0;
  private window: { fromSec: number; toSec: number } | undefined;
  /** By task, its resource usage in each measured second. */
  private readonly samples = new Map<string, Self[]>();
  /** By machine, its busy CPUs in each measured second. */
  private readonly machines = new Map<string, number[]>();
  /** All seconds so far. Without histograms, because a soak has thousands of seconds. */
  readonly seconds: Second[] = [];

  private readonly sources: { producers: readonly Source[]; consumers: readonly Source[] };
  private readonly groups: number;

  /** @param startSec first second, since 1970. @param groups number of consumer groups; each gets every message */
  constructor(
    startSec: number,
    sources: { producers: readonly Source[]; consumers: readonly Source[] },
    groups: number,
  ) {
    this.sources = sources;
    this.groups = groups;
    this.nextSec = startSec;
  }

  /** Sets the measured time, in whole seconds since 1970. Only seconds that become ready later are marked as measured. */
  measure(fromSec: number, toSec: number): void {
    this.window = { fromSec, toSec };
  }

  /** The first second that is neither reported by all agents nor timed out. */
  get reportedTo(): number {
    return this.nextSec;
  }

  /** Adds the report of a task. */
  take(task: string, report: ProducerReport | ConsumerReport): void {
    if (report.role === "producer") {
      for (const second of report.seconds) {
        this.reportsOf(second.at).producers.set(task, second);
        if (second.at < this.nextSec) this.correct(second.at, new Map([[task, second]]), new Map());
      }
    } else {
      for (const second of report.seconds) {
        this.reportsOf(second.at).consumers.set(task, second);
        if (second.at < this.nextSec) this.correct(second.at, new Map(), new Map([[task, second]]));
      }
    }
  }

  /** Corrects a second that timed out, with reports that arrived late. */
  private correct(sec: number, producers: Reports["producers"], consumers: Reports["consumers"]): void {
    const index = this.seconds.findIndex(({ at }) => at === sec);
    if (index < 0) return;
    const more = this.backlogOf([...producers.values()], [...consumers.values()]);
    this.backlog += more;
    for (const second of this.seconds.slice(index)) second.backlog = Math.round(second.backlog + more);
    const { backlog } = this.seconds[index] as Second;
    this.seconds[index] = { ...withoutHistograms(this.merge(sec, this.reportsOf(sec))), backlog };
    if (this.isMeasured(sec)) this.addUsage(producers, consumers);
  }

  private reportsOf(sec: number): Reports {
    let reports = this.reports.get(sec);
    if (!reports) {
      reports = { producers: new Map(), consumers: new Map() };
      this.reports.set(sec, reports);
    }
    return reports;
  }

  /** The seconds that became complete, or timed out, since the last call, in order. */
  ready(nowSec: number): MergedSecond[] {
    const ready: MergedSecond[] = [];
    while (this.nextSec < nowSec) {
      const reports = this.reportsOf(this.nextSec);
      if (!this.isComplete(reports) && this.nextSec > nowSec - REPORT_TIMEOUT_SEC) break;
      if (this.isComplete(reports)) this.reports.delete(this.nextSec);
      this.reports.delete(this.nextSec - LATE_REPORTS_SEC);
      if (this.isMeasured(this.nextSec)) this.addUsage(reports.producers, reports.consumers);
      this.backlog += this.backlogOf([...reports.producers.values()], [...reports.consumers.values()]);
      ready.push(this.merge(this.nextSec, reports));
      this.nextSec += 1;
    }
    this.seconds.push(...ready.map(withoutHistograms));
    return ready;
  }

  private isComplete({ producers, consumers }: Reports): boolean {
    return (
      producers.size === this.sources.producers.length && consumers.size === this.sources.consumers.length
    );
  }

  private merge(sec: number, { producers, consumers }: Reports): MergedSecond {
    const sent = [...producers.values()];
    const received = [...consumers.values()];
    const latency = merged(received, "latency");
    const samples = [...sent, ...received].map(({ self }) => self);
    return {
      at: sec,
      measured: this.isMeasured(sec),
      offered: sum(sent.map((second) => second.offered)),
      sent: sum(sent.map((second) => second.sent)),
      acked: sum(sent.map((second) => second.acked)),
      delivered: this.deliveredIn(sent, received),
      bytes: sum(received.map(({ bytes }) => bytes)),
      errors: failures([...sent, ...received]),
      late: sum(sent.map(({ late }) => late)),
      backlog: Math.round(this.backlog),
      latencyMs: latency.distribution(),
      generator: {
        scheduleLagMsP99: merged(sent, "lag").percentileMs(99),
        eventLoopDelayMsP99: largest(samples.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99)),
        cpu: largest(samples.map(({ cpu }) => cpu)),
        memoryMiB: samples.length > 0 ? sum(samples.map(({ memoryMiB }) => memoryMiB)) : null,
      },
      latency,
      ack: merged(sent, "ack"),
      sendToReceive: merged(received, "sendToReceive"),
      rejoins: sum(received.map(({ rejoins }) => rejoins)),
    };
  }

  private isMeasured(sec: number): boolean {
    return this.window !== undefined && sec >= this.window.fromSec && sec < this.window.toSec;
  }

  /** Without consumers (client null), acknowledged messages count as delivered. */
  private deliveredIn(sent: readonly ProducerSecond[], received: readonly ConsumerSecond[]): number {
    if (this.sources.consumers.length > 0) return sum(received.map(({ delivered }) => delivered));
    return sum(sent.map(({ acked }) => acked)) * this.groups;
  }

  /** By how much these reports change the backlog. */
  private backlogOf(sent: readonly ProducerSecond[], received: readonly ConsumerSecond[]): number {
    const delivered = this.deliveredIn(sent, received) / this.groups;
    return sum(sent.map((second) => second.sent)) - failures(sent) - delivered;
  }

  private addUsage(producers: Map<string, ProducerSecond>, consumers: Map<string, ConsumerSecond>): void {
    const sources = [...this.sources.producers, ...this.sources.consumers];
    for (const [task, { self }] of [...producers, ...consumers]) {
      append(this.samples, task, self);
      const machine = sources.find((source) => source.task === task)?.machine ?? task;
      append(this.machines, machine, self.machineCpusBusy);
    }
  }

  /** Resource usage of each task in the measured time. */
  usage(): Map<string, Usage> {
    return new Map(
      [...this.samples].map(([task, samples]) => [
        task,
        {
          role: this.sources.consumers.some((source) => source.task === task) ? "consumer" : "producer",
          cpu: mean(samples.map(({ cpu }) => cpu)),
          cpuWait: mean(samples.map(({ cpuWait }) => cpuWait)),
          eventLoopDelayMsP99: Math.max(...samples.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99)),
          eventLoopDelayMsMedian: median(samples.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99)),
          memoryMiB: mean(samples.map(({ memoryMiB }) => memoryMiB)),
        },
      ]),
    );
  }

  /** Busy CPUs of each machine in the measured time, on average. */
  machineUse(): Map<string, number> {
    return new Map([...this.machines].map(([machine, busy]) => [machine, mean(busy)]));
  }
}

function merged<K extends string>(seconds: readonly { [key in K]: string }[], key: K): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const second of seconds) histogram.addEncoded(second[key]);
  return histogram;
}

function failures(seconds: readonly { errors: Record<string, number> }[]): number {
  return sum(seconds.flatMap(({ errors }) => Object.values(errors)));
}

/** A second as the results contain it. */
export function withoutHistograms({ latency, ack, sendToReceive, rejoins, ...second }: MergedSecond): Second {
  return second;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** The median; of an even number of values, the upper one of the two in the middle. */
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const largest = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : null);

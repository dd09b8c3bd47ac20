// Puts the seconds that all agents report together: one entry for each second of a step.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { Second } from "../../contract/result.ts";
import type {
  ConsumerReport,
  ConsumerSecond,
  ProducerReport,
  ProducerSecond,
  Self,
} from "../agent/protocol.ts";

/** Agents report a second once it is over; one that is late by so much is no longer waited for. */
const PATIENCE_SEC = 4;

/** With the histograms, for the live view. */
export interface MergedSecond extends Second {
  latency: LatencyHistogram;
  ack: LatencyHistogram;
  sendToReceive: LatencyHistogram;
}

interface Parts {
  producers: Map<string, ProducerSecond>;
  consumers: Map<string, ConsumerSecond>;
}

/** Of an agent: its task's name, and a name of the machine that it is on. */
export interface Source {
  task: string;
  machine: string;
}

/** What an agent used in the measured time. */
export interface Usage {
  cpu: number;
  cpuWait: number;
  eventLoopDelayMsP99: number;
  memoryMiB: number;
}

export class Timeline {
  private readonly parts = new Map<number, Parts>();
  private nextAt: number;
  private backlog = 0;
  private window: { fromSec: number; toSec: number } | undefined;
  /** By task, what it said of itself in each measured second. */
  private readonly selves = new Map<string, Self[]>();
  private readonly machines = new Map<string, number[]>();
  /** All so far, without their histograms: a soak has thousands of them. */
  readonly seconds: Second[] = [];

  private readonly sources: { producers: readonly Source[]; consumers: readonly Source[] };
  private readonly groups: number;

  /** @param groups consumer groups, each of which gets every message */
  constructor(
    startSec: number,
    sources: { producers: readonly Source[]; consumers: readonly Source[] },
    groups: number,
  ) {
    this.sources = sources;
    this.groups = groups;

    this.nextAt = startSec;
  }

  /** Whole seconds; what is reported from then on is marked. */
  measure(fromSec: number, toSec: number): void {
    this.window = { fromSec, toSec };
  }

  /** All seconds before this one are there, or were waited for long enough. */
  get reportedTo(): number {
    return this.nextAt;
  }

  take(task: string, report: ProducerReport | ConsumerReport): void {
    if (report.role === "producer") {
      for (const second of report.seconds) this.partsOf(second.at).producers.set(task, second);
    } else {
      for (const second of report.seconds) this.partsOf(second.at).consumers.set(task, second);
    }
  }

  private partsOf(at: number): Parts {
    let parts = this.parts.get(at);
    if (!parts) {
      parts = { producers: new Map(), consumers: new Map() };
      this.parts.set(at, parts);
    }
    return parts;
  }

  /** Seconds that are complete by now, in their order, each once. */
  ready(nowSec: number): MergedSecond[] {
    const ready: MergedSecond[] = [];
    while (this.nextAt < nowSec) {
      const parts = this.parts.get(this.nextAt) ?? { producers: new Map(), consumers: new Map() };
      if (!this.isComplete(parts) && this.nextAt > nowSec - PATIENCE_SEC) break;
      this.parts.delete(this.nextAt);
      ready.push(this.merge(this.nextAt, parts));
      this.nextAt += 1;
    }
    this.seconds.push(...ready.map(plain));
    return ready;
  }

  private isComplete({ producers, consumers }: Parts): boolean {
    return (
      producers.size === this.sources.producers.length && consumers.size === this.sources.consumers.length
    );
  }

  private merge(at: number, { producers, consumers }: Parts): MergedSecond {
    const sent = [...producers.values()];
    const received = [...consumers.values()];
    const measured = this.window !== undefined && at >= this.window.fromSec && at < this.window.toSec;
    if (measured) this.remember(producers, consumers);
    const failures = (seconds: readonly { errors: Record<string, number> }[]) =>
      sum(seconds.flatMap(({ errors }) => Object.values(errors)));
    // Where nobody consumes (client null), what is acknowledged counts.
    const delivered =
      this.sources.consumers.length > 0
        ? sum(received.map((second) => second.delivered))
        : sum(sent.map((second) => second.acked)) * this.groups;
    this.backlog += sum(sent.map((second) => second.sent)) - failures(sent) - delivered / this.groups;
    const latency = merged(received, "latency");
    const selves = [...sent, ...received].map(({ self }) => self);
    return {
      at,
      measured,
      offered: sum(sent.map((second) => second.offered)),
      sent: sum(sent.map((second) => second.sent)),
      acked: sum(sent.map((second) => second.acked)),
      delivered,
      bytes: sum(received.map(({ bytes }) => bytes)),
      errors: failures([...sent, ...received]),
      late: sum(sent.map(({ late }) => late)),
      backlog: Math.round(this.backlog),
      latencyMs: latency.distribution(),
      generator: {
        scheduleLagMsP99: merged(sent, "lag").percentileMs(99),
        eventLoopDelayMsP99: largest(selves.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99)),
        cpu: largest(selves.map(({ cpu }) => cpu)),
        memoryMiB: selves.length > 0 ? sum(selves.map(({ memoryMiB }) => memoryMiB)) : null,
      },
      latency,
      ack: merged(sent, "ack"),
      sendToReceive: merged(received, "sendToReceive"),
    };
  }

  private remember(producers: Map<string, ProducerSecond>, consumers: Map<string, ConsumerSecond>): void {
    const sources = [...this.sources.producers, ...this.sources.consumers];
    for (const [task, { self }] of [...producers, ...consumers]) {
      append(this.selves, task, self);
      const machine = sources.find((source) => source.task === task)?.machine ?? task;
      append(this.machines, machine, self.machineCpusBusy);
    }
  }

  /** What each task used in the measured time: the mean, of the event loop's delay the largest second. */
  usage(): Map<string, Usage> {
    return new Map(
      [...this.selves].map(([task, selves]) => [
        task,
        {
          cpu: mean(selves.map(({ cpu }) => cpu)),
          cpuWait: mean(selves.map(({ cpuWait }) => cpuWait)),
          eventLoopDelayMsP99: Math.max(...selves.map(({ eventLoopDelayMsP99 }) => eventLoopDelayMsP99)),
          memoryMiB: mean(selves.map(({ memoryMiB }) => memoryMiB)),
        },
      ]),
    );
  }

  /** CPUs that were busy in the measured time, by machine. */
  machineUse(): Map<string, number> {
    return new Map([...this.machines].map(([machine, busy]) => [machine, mean(busy)]));
  }
}

function merged<K extends string>(seconds: readonly { [key in K]: string }[], key: K): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const second of seconds) histogram.addEncoded(second[key]);
  return histogram;
}

/** As the results have it. */
export function plain({ latency, ack, sendToReceive, ...second }: MergedSecond): Second {
  return second;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const largest = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : null);

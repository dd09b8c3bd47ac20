// Puts the totals of all tasks of a step together.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import { Bitmap } from "./bitmap.ts";

/** Messages whose intended time is in the measured time, and what became of them. */
export interface Account {
  offered: number;
  sent: number;
  acked: number;
  /** Each message once; the least of the groups. */
  delivered: number;
  /** Acknowledged (with acks 0: sent), and not delivered to every group. */
  lost: number;
  /** Repetitions, of all groups. */
  duplicated: number;
  /** Of all groups. */
  reordered: number;
  late: number;
  unsent: number;
  errors: Record<string, number>;
  /** Of the values delivered, to all groups. */
  bytes: number;
  latency: LatencyHistogram;
  ack: LatencyHistogram;
  sendToReceive: LatencyHistogram;
  lag: LatencyHistogram;
  /** The producer whose own p99 is the largest, ms. */
  slowestProducer: { producer: number; p99: number } | null;
  /** Messages of other runs or steps; no messages of ours. */
  foreign: number;
  malformed: number;
}

type Produced = ProducerTotals["producers"][number];
type Consumed = ConsumerTotals["groups"][string][number];

export function accountStep(
  producers: readonly ProducerTotals[],
  consumers: readonly ConsumerTotals[],
): Account {
  const produced = producers.flatMap((task) => task.producers);
  const groups = groupsOf(consumers);
  const acked = new Map(produced.map(({ producer, acked: text }) => [producer, Bitmap.decode(text)]));
  const byGroup = groups.map((group) => accountGroup(produced, group));
  const lost = produced.map(({ producer, window: { from, to } }) => {
    const everywhere = byGroup.map(({ received }) => received.get(producer) ?? new Bitmap());
    return missingSomewhere(acked.get(producer) ?? new Bitmap(), everywhere, from, to);
  });
  return {
    offered: sum(produced, ({ window: { from, to } }) => Math.max(0, to - from)),
    sent: sum(produced, ({ sent }) => sent),
    acked: sum(produced, ({ producer, window: { from, to } }) => acked.get(producer)?.countIn(from, to) ?? 0),
    delivered: byGroup.length > 0 ? Math.min(...byGroup.map(({ delivered }) => delivered)) : 0,
    lost: sum(lost, (count) => count),
    duplicated: sum(byGroup, ({ duplicated }) => duplicated),
    reordered: sum(byGroup, ({ reordered }) => reordered),
    late: sum(produced, ({ late }) => late),
    unsent: sum(produced, ({ unsent }) => unsent),
    errors: added([...producers, ...consumers].map(({ errors }) => errors)),
    bytes: sum(consumers, ({ bytes }) => bytes),
    latency: merged(
      consumers.flatMap(({ latencies }) => latencies),
      ({ latency }) => latency,
    ),
    ack: merged(producers, ({ ack }) => ack),
    sendToReceive: merged(consumers, ({ sendToReceive }) => sendToReceive),
    lag: merged(producers, ({ lag }) => lag),
    slowestProducer: slowestOf(groups.flat()),
    foreign: sum(consumers, ({ foreign }) => foreign),
    malformed: sum(consumers, ({ malformed }) => malformed),
  };
}

/** The entries of all tasks, by group. */
function groupsOf(consumers: readonly ConsumerTotals[]): Consumed[][] {
  const groups = new Map<string, Consumed[]>();
  for (const task of consumers) {
    for (const [group, entries] of Object.entries(task.groups)) {
      groups.set(group, [...(groups.get(group) ?? []), ...entries]);
    }
  }
  return [...groups.values()];
}

function accountGroup(produced: readonly Produced[], entries: readonly Consumed[]) {
  const windows = new Map(produced.map(({ producer, window }) => [producer, window]));
  const received = new Map<number, Bitmap>();
  let [duplicated, reordered] = [0, 0];
  for (const entry of entries) {
    const { from, to } = windows.get(entry.producer) ?? { from: 0, to: 0 };
    const inWindow = (sequences: readonly number[]) =>
      sequences.filter((each) => each >= from && each < to).length;
    const here = Bitmap.decode(entry.received);
    const before = received.get(entry.producer);
    if (before) {
      // What two tasks have both received is a repetition as well.
      duplicated += here.countIn(from, to) - Bitmap.missing(here, before, from, to);
      before.or(here);
    } else {
      received.set(entry.producer, here);
    }
    duplicated += inWindow(entry.duplicated);
    reordered += inWindow(entry.reordered);
  }
  const delivered = sum(produced, ({ producer, window: { from, to } }) => {
    return received.get(producer)?.countIn(from, to) ?? 0;
  });
  return { received, duplicated, reordered, delivered };
}

/** What is wanted and not in every one of some sets; each number once. */
function missingSomewhere(wanted: Bitmap, sets: readonly Bitmap[], from: number, to: number): number {
  const [only] = sets;
  if (!only) return wanted.countIn(from, to);
  if (sets.length === 1) return Bitmap.missing(wanted, only, from, to);
  let missing = 0;
  for (let each = from; each < to; each += 1) {
    if (wanted.has(each) && sets.some((set) => !set.has(each))) missing += 1;
  }
  return missing;
}

function slowestOf(entries: readonly Consumed[]): Account["slowestProducer"] {
  const histograms = new Map<number, LatencyHistogram>();
  for (const { producer, latency } of entries) {
    const histogram = histograms.get(producer) ?? new LatencyHistogram(2);
    histogram.addEncoded(latency);
    histograms.set(producer, histogram);
  }
  let slowest: Account["slowestProducer"] = null;
  for (const [producer, histogram] of histograms) {
    const p99 = histogram.percentileMs(99);
    if (p99 !== null && (slowest === null || p99 > slowest.p99)) slowest = { producer, p99 };
  }
  return slowest;
}

function merged<T>(parts: readonly T[], encoded: (part: T) => string): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const part of parts) histogram.addEncoded(encoded(part));
  return histogram;
}

/** Adds up counts by name. */
export function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const each of counts) {
    for (const [name, count] of Object.entries(each)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

// Accounts for every message of a step, from the totals of all tasks.

import { LatencyHistogram } from "../../contract/histogram.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import { Bitmap } from "./bitmap.ts";
import { overlapOf } from "./unread.ts";

/** Counts and latencies of the messages whose intended time is in the measured time. */
export interface Account {
  offered: number;
  sent: number;
  acked: number;
  /** Messages delivered at least once to a group; the smallest number of all groups. */
  delivered: number;
  /** Acknowledged (with acks 0: sent), not delivered to every group, and not in the part of the log that groups have yet to read. */
  lost: number;
  /** The same, but may be in the part of the log that a group has yet to read. */
  pending: number;
  /** Repeated deliveries of messages that Kafka has more than once, in all groups. */
  duplicated: number;
  /** Repeated deliveries because consumers read an offset again, in all groups. */
  reread: number;
  /** Deliveries after a later message of the same producer and partition, in all groups. */
  reordered: number;
  late: number;
  unsent: number;
  /** Failures, by kind of error. */
  errors: Record<string, number>;
  /** Bytes of the delivered values, in all groups. */
  bytes: number;
  latency: LatencyHistogram;
  ack: LatencyHistogram;
  sendToReceive: LatencyHistogram;
  /** Latencies of the repeated deliveries, in all groups. */
  repeats: LatencyHistogram;
  lag: LatencyHistogram;
  /** The producer with the largest p99, and that p99 in ms. */
  slowestProducer: { producer: number; p99: number } | null;
  /** Messages of other runs or steps. */
  foreign: number;
  /** Messages without a valid header. */
  malformed: number;
}

type Produced = ProducerTotals["producers"][number];
type Consumed = ConsumerTotals["groups"][string][number];

/**
 * Accounts for the messages of a step.
 *
 * @param unread number of offsets of the log that groups have yet to read ({@link unreadOf}); null: unknown. Default: 0
 */
export function accountStep(
  producers: readonly ProducerTotals[],
  consumers: readonly ConsumerTotals[],
  unread: number | null = 0,
): Account {
  const produced = producers.flatMap((task) => task.producers);
  const groups = groupsOf(consumers);
  const acked = new Map(produced.map(({ producer, acked: text }) => [producer, Bitmap.decode(text)]));
  const byGroup = [...groups].map(([name, group]) =>
    accountGroup(produced, group, overlapOf(consumers.map(({ positions }) => positions[name] ?? []))),
  );
  const missing = produced.map(({ producer, window: { from, to } }) => {
    const receivedByGroup = byGroup.map(({ received }) => received.get(producer) ?? new Bitmap());
    return missingInAnyGroup(acked.get(producer) ?? new Bitmap(), receivedByGroup, from, to);
  });
  // Which messages the unread offsets hold is unknown, so as many of the missing ones as possible are pending.
  const missingCount = sum(missing, (count) => count);
  const pending = Math.min(missingCount, unread ?? missingCount);
  return {
    offered: sum(produced, ({ window: { from, to } }) => Math.max(0, to - from)),
    sent: sum(produced, ({ sent }) => sent),
    acked: sum(produced, ({ producer, window: { from, to } }) => acked.get(producer)?.countIn(from, to) ?? 0),
    delivered: byGroup.length > 0 ? Math.min(...byGroup.map(({ delivered }) => delivered)) : 0,
    lost: missingCount - pending,
    pending,
    duplicated: sum(byGroup, ({ duplicated }) => duplicated),
    reread: sum(byGroup, ({ reread }) => reread) + sum(consumers, ({ reread }) => reread),
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
    repeats: merged(consumers, ({ repeats }) => repeats),
    lag: merged(producers, ({ lag }) => lag),
    slowestProducer: slowestOf([...groups.values()].flat()),
    foreign: sum(consumers, ({ foreign }) => foreign),
    malformed: sum(consumers, ({ malformed }) => malformed),
  };
}

/** The entries of all tasks, by group. */
function groupsOf(consumers: readonly ConsumerTotals[]): Map<string, Consumed[]> {
  const groups = new Map<string, Consumed[]>();
  for (const task of consumers) {
    for (const [group, entries] of Object.entries(task.groups)) {
      groups.set(group, [...(groups.get(group) ?? []), ...entries]);
    }
  }
  return groups;
}

/** The counts of one group. @param overlap number of offsets that more than one task has read */
function accountGroup(produced: readonly Produced[], entries: readonly Consumed[], overlap: number) {
  const windows = new Map(produced.map(({ producer, window }) => [producer, window]));
  const received = new Map<number, Bitmap>();
  let [duplicated, reordered, byTwoTasks] = [0, 0, 0];
  for (const entry of entries) {
    const { from, to } = windows.get(entry.producer) ?? { from: 0, to: 0 };
    const inWindow = (sequences: readonly number[]) =>
      sequences.filter((sequence) => sequence >= from && sequence < to).length;
    const current = Bitmap.decode(entry.received);
    const previous = received.get(entry.producer);
    if (previous) {
      // A message that two tasks have received also counts as a repeated delivery.
      byTwoTasks += current.countIn(from, to) - Bitmap.missing(current, previous, from, to);
      previous.or(current);
    } else {
      received.set(entry.producer, current);
    }
    duplicated += inWindow(entry.duplicated);
    reordered += inWindow(entry.reordered);
  }
  const delivered = sum(produced, ({ producer, window: { from, to } }) => {
    return received.get(producer)?.countIn(from, to) ?? 0;
  });
  // Tasks that read the same offsets got the same messages. Any further ones are messages that Kafka has twice.
  const reread = Math.min(byTwoTasks, overlap);
  return { received, duplicated: duplicated + byTwoTasks - reread, reread, reordered, delivered };
}

/** Number of wanted sequences that are missing in at least one of the sets. */
function missingInAnyGroup(wanted: Bitmap, sets: readonly Bitmap[], from: number, to: number): number {
  const [first] = sets;
  if (!first) return wanted.countIn(from, to);
  if (sets.length === 1) return Bitmap.missing(wanted, first, from, to);
  let missing = 0;
  for (let sequence = from; sequence < to; sequence += 1) {
    if (wanted.has(sequence) && sets.some((set) => !set.has(sequence))) missing += 1;
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

function merged<T>(items: readonly T[], encoded: (item: T) => string): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const item of items) histogram.addEncoded(encoded(item));
  return histogram;
}

/** Adds up counts by name. */
export function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((each) => Object.entries(each)))
    total[name] = (total[name] ?? 0) + count;
  return total;
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

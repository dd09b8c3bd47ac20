// The log check: compares the whole log of a step's topics with what its producers recorded, sequence by sequence.
import type { LogCheckResult } from "../../contract/logCheck.ts";
import type { ProducerTotals } from "../agent/protocol.ts";
import { Bitmap } from "./bitmap.ts";
import { DeviatingSeconds, type DueTimes } from "./deviatingSeconds.ts";

/** What one logical producer recorded of its messages. */
export interface Recorded {
  producer: number;
  /** Its sequences below this were handed to the client, and no others. */
  sent: number;
  acked: Bitmap;
  failed: Bitmap;
}

/** The results of a check but its duration. Partitions are numbered over all topics. */
export type Checked = Omit<LogCheckResult, "partitions" | "seconds" | BySecond> &
  Required<Pick<LogCheckResult, BySecond>> & { partitions: CheckedPartition[] };
type BySecond = "bySecond" | "bySecondLeftOut";
/** The deviations in a partition, which is numbered over all topics. */
type CheckedPartition = Omit<LogCheckResult["partitions"][number], "topic">;
type CheckedProducer = LogCheckResult["producers"][number];

/** Largest number of listed producers, and of listed partitions. */
const MOST_LISTED = 1_000;
/** Largest number of listed ranges of a producer's missing sequences. */
const MOST_RANGES = 20;

interface Found extends Recorded {
  /** Its sequences in the log. */
  present: Bitmap;
  duplicated: number;
  reordered: number;
}

interface Partition {
  counts: Omit<CheckedPartition, "partition">;
  /** By position of the producer: its largest sequence so far plus 1; 0: none. */
  latest: Uint32Array;
}

/** What the producers of a step recorded. @throws Error if a bitmap is invalid */
export function recordedBy(totals: readonly ProducerTotals[]): Recorded[] {
  return totals
    .flatMap(({ producers }) => producers)
    .map(({ producer, sentTo, acked, failed }) => ({
      producer,
      sent: sentTo,
      acked: Bitmap.decode(acked),
      failed: Bitmap.decode(failed),
    }));
}

/**
 * Compares a log with what producers recorded. The messages of a partition are added in the order of its log; those of different
 * partitions in any order. A message that is in several partitions is a copy in all but the one that was added first.
 *
 * Its memory does not depend on the log: 3 bits for each message that was sent, 4 bytes for each producer and partition, and 16
 * bytes for each second of the load.
 */
export class LogCheck {
  private readonly producers: Found[];
  /** Position of each producer in `producers`. */
  private readonly positions: ReadonlyMap<number, number>;
  private readonly partitions = new Map<number, Partition>();
  private readonly seconds: DeviatingSeconds;

  constructor(recorded: readonly Recorded[], due: DueTimes) {
    this.seconds = new DeviatingSeconds(due);
    this.producers = recorded.map((each) => ({
      ...each,
      present: new Bitmap(),
      duplicated: 0,
      reordered: 0,
    }));
    this.positions = new Map(recorded.map(({ producer }, position) => [producer, position]));
  }

  /** Adds the next message of a partition that has the mark of the step. @param intendedUs its intended time, µs since 1970 */
  add(partition: number, producer: number, sequence: number, intendedUs: number): void {
    const { counts, latest } = this.partitionOf(partition);
    const position = this.positions.get(producer);
    const found = position === undefined ? undefined : this.producers[position];
    if (position === undefined || !found || sequence >= found.sent) {
      counts.unrecorded += 1;
      return;
    }
    if (!found.present.set(sequence)) {
      found.duplicated += 1;
      counts.duplicated += 1;
      this.seconds.add("duplicated", intendedUs);
      return;
    }
    if (!found.acked.has(sequence)) this.seconds.add("unacked", intendedUs);
    if (sequence < (latest[position] as number)) {
      found.reordered += 1;
      counts.reordered += 1;
      this.seconds.add("reordered", intendedUs);
    } else {
      latest[position] = sequence + 1;
    }
  }

  /** Adds the next message of a partition, which is not of the step. */
  addForeign(partition: number): void {
    this.partitionOf(partition).counts.foreign += 1;
  }

  /** Adds offsets of a partition that were deleted before they could be read. */
  addDeleted(partition: number, offsets: number): void {
    this.partitionOf(partition).counts.deleted += offsets;
  }

  private partitionOf(number: number): Partition {
    let partition = this.partitions.get(number);
    if (!partition) {
      partition = {
        counts: { duplicated: 0, reordered: 0, unrecorded: 0, foreign: 0, deleted: 0 },
        latest: new Uint32Array(this.producers.length),
      };
      this.partitions.set(number, partition);
    }
    return partition;
  }

  /** Number of acknowledged messages that have not been added. */
  get missing(): number {
    return total(this.producers, missingOf);
  }

  /** The results. Call it once, after the last message has been added. */
  result(): Checked {
    this.addMissing();
    const { producers } = this;
    const partitions = [...this.partitions].map(([partition, { counts }]) => ({ partition, ...counts }));
    const sent = total(producers, (each) => each.sent);
    const acked = total(producers, (each) => each.acked.countIn(0, each.sent));
    const failed = total(producers, (each) => each.failed.countIn(0, each.sent));
    const deviating = producers.filter(deviates).map(checkedProducer);
    const listed = partitions.filter(({ partition: _, ...counts }) => Object.values(counts).some(Boolean));
    return {
      sent,
      acked,
      failed,
      unanswered: sent - acked - failed,
      present: total(producers, ({ present }) => present.count),
      missing: this.missing,
      unacked: total(producers, unackedOf),
      duplicated: total(producers, ({ duplicated }) => duplicated),
      reordered: total(producers, ({ reordered }) => reordered),
      unrecorded: total(partitions, ({ unrecorded }) => unrecorded),
      foreign: total(partitions, ({ foreign }) => foreign),
      deleted: total(partitions, ({ deleted }) => deleted),
      producers: deviating
        .sort((a, b) => b.missing - a.missing || a.producer - b.producer)
        .slice(0, MOST_LISTED),
      producersLeftOut: Math.max(0, deviating.length - MOST_LISTED),
      partitions: listed.sort((a, b) => a.partition - b.partition).slice(0, MOST_LISTED),
      partitionsLeftOut: Math.max(0, listed.length - MOST_LISTED),
      ...this.seconds.list(),
    };
  }

  private addMissing(): void {
    for (const found of this.producers) {
      const { producer, sent, acked, present } = found;
      if (missingOf(found) === 0) continue;
      this.seconds.addMissing(producer, sent, (sequence) => acked.has(sequence) && !present.has(sequence));
    }
  }
}

function missingOf({ acked, present, sent }: Found): number {
  return Bitmap.missing(acked, present, 0, sent);
}

function unackedOf({ acked, present, sent }: Found): number {
  return Bitmap.missing(present, acked, 0, sent);
}

function deviates(found: Found): boolean {
  return found.duplicated + found.reordered > 0 || missingOf(found) > 0 || unackedOf(found) > 0;
}

function checkedProducer(found: Found): CheckedProducer {
  const { producer, duplicated, reordered } = found;
  return {
    producer,
    missing: missingOf(found),
    unacked: unackedOf(found),
    duplicated,
    reordered,
    missingSequences: missingRanges(found),
  };
}

/** The first ranges of missing sequences. */
function missingRanges({ acked, present, sent }: Found): [number, number][] {
  const ranges: [number, number][] = [];
  const end = Math.min(sent, acked.end);
  for (let sequence = 0; sequence < end; sequence += 1) {
    if (!acked.has(sequence) || present.has(sequence)) continue;
    const last = ranges.at(-1);
    if (last?.[1] === sequence - 1) last[1] = sequence;
    else if (ranges.length === MOST_RANGES) break;
    else ranges.push([sequence, sequence]);
  }
  return ranges;
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

// Reads the log of topics from their first to their end offsets, once, with consumers of its own groups.
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import { ofTopic } from "../../contract/topics.ts";
import { inBatches } from "../agent/inBatches.ts";
import type { ClientAdapter, ReceivedBatch, StartOffsets } from "../clients/port.ts";
import type { LogOffsets } from "../measure/unread.ts";

/** Topics that are read at the same time. */
const TOPICS_AT_ONCE = 8;
/** A consumer that receives nothing for this long has stalled. Longer than a session timeout plus a rebalance. */
const STALLED_AFTER_MS = 60_000;
const POLL_EVERY_MS = 20;
/** Large fetches, since nothing is timed. */
const FETCH = { minBytes: 1, maxWaitMs: 500, maxBytes: 16 * 2 ** 20 };

/** The log to read. Partitions are numbered over all topics (contract/topics.ts). */
export interface LogToRead {
  adapter: ClientAdapter;
  target: KafkaTarget;
  topics: readonly string[];
  /** Of each topic. */
  partitions: number;
  /** The offsets to read of each partition: from `low` to below `end`. */
  offsets: LogOffsets;
  /** Start of the names of the consumer groups, which must be new. */
  group: string;
  signal: AbortSignal;
  /** @default 60,000 */
  stalledAfterMs?: number;
}

/**
 * Reads every message of the log once, those of a partition in the order of their offsets.
 *
 * @param take gets the value of each message, and its partition
 * @throws SwarmbenchError `kafka-failed` if no message arrives for a minute before the end is reached; the reason of the signal if it aborts
 */
export async function readLog(
  log: LogToRead,
  take: (partition: number, value: Buffer) => void,
): Promise<void> {
  await inBatches([...log.topics.keys()], TOPICS_AT_ONCE, (topic) => readTopic(log, topic, take));
}

async function readTopic(
  {
    adapter,
    target,
    topics,
    partitions,
    offsets,
    group,
    signal,
    stalledAfterMs = STALLED_AFTER_MS,
  }: LogToRead,
  topic: number,
  take: (partition: number, value: Buffer) => void,
): Promise<void> {
  const first = topic * partitions;
  const unread = new UnreadPartitions(offsets, first, partitions);
  if (unread.isEmpty) return;
  const name = topics.length === 1 ? group : `${group}-t${topic + 1}`;
  let progressAt = performance.now();
  const consumer = await adapter.connectConsumer(
    target,
    name,
    {
      topic: topics[topic] as string,
      group: name,
      fetch: FETCH,
      startOffsets: startsOf(ofTopic(offsets, topic, partitions)),
    },
    () => 0, // nothing is timed
    (batch) => {
      progressAt = performance.now();
      for (const value of unread.take(batch)) take(first + batch.partition, value);
    },
  );
  try {
    while (!unread.isEmpty) {
      if (performance.now() - progressAt > stalledAfterMs)
        throw stalledError(topics[topic], unread.text(), consumer.errors());
      await sleep(POLL_EVERY_MS, undefined, { signal });
    }
  } finally {
    await consumer.close().catch(() => {}); // everything has been read, or the first error says more
  }
}

/** None if every partition is read from its beginning, where consumers begin anyway. */
function startsOf(offsets: LogOffsets): StartOffsets {
  const starts = Object.entries(offsets).map(([partition, { low }]) => [partition, String(low)]);
  return Object.values(offsets).some(({ low }) => low > 0) ? Object.fromEntries(starts) : {};
}

/** The partitions of a topic that have not been read to their end. */
class UnreadPartitions {
  private readonly left = new Map<number, { next: number; end: number }>();

  constructor(offsets: LogOffsets, first: number, partitions: number) {
    for (let partition = 0; partition < partitions; partition += 1) {
      const { low, end } = offsets[first + partition] ?? { low: 0, end: 0 };
      if (low < end) this.left.set(partition, { next: low, end });
    }
  }

  get isEmpty(): boolean {
    return this.left.size === 0;
  }

  /** The values of a batch that have not been read before. A client may hand over an offset again, as after a lost connection. */
  take({ partition, values, offsets, nextOffset }: ReceivedBatch): Buffer[] {
    const range = this.left.get(partition);
    if (!range) return [];
    const taken = values.filter((_, index) => {
      const offset = offsets[index] as number;
      return offset >= range.next && offset < range.end;
    });
    range.next = Math.max(range.next, nextOffset);
    if (range.next >= range.end) this.left.delete(partition);
    return taken;
  }

  /** Such as "partition 3 at offset 12 of 40". */
  text(): string {
    const [entry] = this.left;
    return entry ? `partition ${entry[0]} at offset ${entry[1].next} of ${entry[1].end}` : "its end";
  }
}

function stalledError(topic = "", where: string, errors: Record<string, number>): SwarmbenchError {
  const kinds = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  const why = kinds.length > 0 ? ` (errors: ${kinds.join(", ")})` : "";
  return new SwarmbenchError(
    "kafka-failed",
    `timed out reading the log of topic ${topic}: stalled in ${where}${why}`,
    { hint: "Check that every partition has a leader." },
  );
}

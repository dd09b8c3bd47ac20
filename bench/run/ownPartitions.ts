// Which messages are timed twice: once by their consumer, once by the task that sent them.
import { topicOf } from "../../contract/topics.ts";

/** With fewer partitions, too large a share of the messages would be timed twice. */
const LEAST_PARTITIONS = 4;
/** Share of the partitions whose messages are timed twice. */
const OWN_SHARE = 1 / 12;

/**
 * For each producer task the partition that it also consumes to time its own messages, or null. Only the first tasks have one,
 * so that the brokers have little more to send. It belongs to a topic that the task sends to.
 *
 * @param sources the first logical producer of each task
 * @param partitions of each topic
 * @returns partitions by their number among those of all topics; null: there are too few of them
 */
export function ownPartitions(
  sources: readonly number[],
  partitions: number,
  topics: number,
): (number | null)[] | null {
  const all = partitions * topics;
  if (all < LEAST_PARTITIONS) return null;
  const most = Math.max(1, Math.floor(all * OWN_SHARE));
  return sources.map((first, index) =>
    index < most ? topicOf(first, topics) * partitions + (index % partitions) : null,
  );
}

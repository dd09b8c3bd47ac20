// The topics of a step, and which logical producers and consumers use which of them.
//
// The partitions of all topics are numbered in one sequence: partition p of topic t is t * partitions + p. With one topic, this
// is Kafka's own number.
import type { Workload } from "./workload.ts";

/** Number of topics of a workload. */
export function topicCount({ topics }: Pick<Workload, "topics">): number {
  return topics ?? 1;
}

/** The names of the topics: the name itself, or with more than one topic `<name>-1`, `<name>-2`, … */
export function topicNames(name: string, count: number): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

/** Index of the topic that a logical producer or consumer uses: they take the topics in turn. */
export function topicOf(client: number, count: number): number {
  return client % count;
}

/** Number of logical consumers in each consumer group, those of all topics together. */
export function consumersInGroup({ consumers, topics }: Pick<Workload, "consumers" | "topics">): number {
  return consumers * topicCount({ topics });
}

/** The part of values by partition that belongs to one topic, by Kafka's own numbers. @param partitions of each topic */
export function ofTopic<T>(
  values: Readonly<Record<number, T>>,
  topic: number,
  partitions: number,
): Record<number, T> {
  const own = Object.entries(values).flatMap(([number, value]): [number, T][] => {
    const partition = Number(number) - topic * partitions;
    return partition >= 0 && partition < partitions ? [[partition, value]] : [];
  });
  return Object.fromEntries(own);
}

/** Values of several topics by the number that a partition has among those of all topics: the opposite of {@link ofTopic}. */
export function ofAllTopics<T>(
  values: readonly Readonly<Record<number, T>>[],
  partitions: number,
): Record<number, T> {
  const all = values.flatMap((own, topic) =>
    Object.entries(own).map(([partition, value]) => [topic * partitions + Number(partition), value]),
  );
  return Object.fromEntries(all);
}

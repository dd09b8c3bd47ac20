import type { KafkaTarget } from "../../contract/target";
import { reason } from "../problem";
import type { KafkaDoor, PartitionView } from "./cluster";
import { nameOf } from "./rounds";

/** One look at a cluster. */
export interface Look {
  /** What is amiss, as a phrase; undefined where nothing is. */
  amiss: string | undefined;
  /** Of all topics, the internal ones too. */
  partitions: number;
}

/** All that any of several looks at one cluster found. */
export function together(looks: Look[]): Look {
  const found = new Set(looks.map(({ amiss }) => amiss).filter((amiss) => amiss !== undefined));
  return {
    amiss: found.size > 0 ? [...found].join("; ") : undefined,
    partitions: Math.max(0, ...looks.map(({ partitions }) => partitions)),
  };
}

/** Asks every expected broker as a client does, since each has a view of its own. */
export async function lookAsClient(target: KafkaTarget, expected: number[], door: KafkaDoor): Promise<Look> {
  const asked = target.brokers.filter(({ id }) => expected.includes(id));
  const looks = asked.map(async (broker): Promise<Look> => {
    try {
      const [{ brokers }, partitions] = await Promise.all([
        door.view(target, broker),
        door.partitions(target, broker),
      ]);
      return { amiss: missing(expected, brokers) ?? unsettled(partitions), partitions: partitions.length };
    } catch (error) {
      return { amiss: `${nameOf(broker, target.brokers)}: ${reason(error)}`, partitions: 0 };
    }
  });
  return together(await Promise.all(looks));
}

function missing(expected: number[], there: number[]): string | undefined {
  const lacking = expected.filter((id) => !there.includes(id));
  return lacking.length > 0 ? `broker ${lacking.join(", ")} is not in the cluster` : undefined;
}

/** What is amiss with partitions; undefined where each has its leader and all its replicas in sync. */
export function unsettled(partitions: PartitionView[]): string | undefined {
  const leaderless = partitions.filter(({ leader }) => leader < 0).length;
  const behind = partitions.filter(({ replicas, isr }) => isr.length < replicas.length).length;
  const phrases = [
    ...(behind > 0 ? [`${behind} of ${partitions.length} partitions are under-replicated`] : []),
    ...(leaderless > 0 ? [`${leaderless} of ${partitions.length} have no leader`] : []),
  ];
  return phrases.length > 0 ? phrases.join(", ") : undefined;
}

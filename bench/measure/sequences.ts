import { Bitmap } from "./bitmap.ts";

export interface ProducerSequences {
  producer: number;
  received: Bitmap;
  /** One entry for each repetition. */
  duplicated: number[];
  /** First deliveries that came after a later sequence of the same partition. */
  reordered: number[];
  /** By partition, the largest sequence that was delivered. */
  latest: Int32Array;
}

const FIRST_PARTITIONS = 16;

/**
 * What became of the messages of each producer, at the consumers of one group in one task. Kafka keeps the order of a
 * producer's messages within a partition, so only there a message can come too late.
 */
export class SequenceTracker {
  private readonly producers: (ProducerSequences | undefined)[] = [];
  /** Messages that came, each once. */
  delivered = 0;

  record(producer: number, partition: number, sequence: number): void {
    const known = this.producers[producer] ?? this.begin(producer);
    if (!known.received.set(sequence)) {
      known.duplicated.push(sequence);
      return;
    }
    this.delivered += 1;
    if (partition >= known.latest.length) known.latest = grown(known.latest, partition);
    if (sequence < (known.latest[partition] as number)) known.reordered.push(sequence);
    else known.latest[partition] = sequence;
  }

  totals(): ProducerSequences[] {
    return this.producers.filter((known) => known !== undefined);
  }

  private begin(producer: number): ProducerSequences {
    const latest = new Int32Array(FIRST_PARTITIONS).fill(-1);
    const known = { producer, received: new Bitmap(), duplicated: [], reordered: [], latest };
    this.producers[producer] = known;
    return known;
  }
}

function grown(latest: Int32Array, partition: number): Int32Array {
  const more = new Int32Array(Math.max(partition + 1, latest.length * 2)).fill(-1);
  more.set(latest);
  return more;
}

import { Bitmap } from "./bitmap.ts";

/** The messages of one producer, as the consumers of one group in one task received them. */
interface ProducerSequences {
  producer: number;
  /** The sequences received. */
  received: Bitmap;
  /** Sequences delivered again, one entry for each repetition. */
  duplicated: number[];
  /** Sequences whose first delivery came after a later sequence of the same partition. */
  reordered: number[];
  /** The largest delivered sequence of each partition. */
  latest: Int32Array;
}

const FIRST_PARTITIONS = 16;

/**
 * Tracks the messages of each producer at the consumers of one group in one task. Kafka keeps the order of a producer's
 * messages within a partition, so messages are checked for reordering per partition.
 */
export class SequenceTracker {
  private readonly producers: (ProducerSequences | undefined)[] = [];
  /** Number of messages delivered at least once. */
  delivered = 0;

  /** Records a delivery. @returns whether it is the first one of its message */
  record(producer: number, partition: number, sequence: number): boolean {
    const sequences = this.producers[producer] ?? this.begin(producer);
    if (!sequences.received.set(sequence)) {
      sequences.duplicated.push(sequence);
      return false;
    }
    this.delivered += 1;
    if (partition >= sequences.latest.length) sequences.latest = grown(sequences.latest, partition);
    if (sequence < (sequences.latest[partition] as number)) sequences.reordered.push(sequence);
    else sequences.latest[partition] = sequence;
    return true;
  }

  /** The tracked messages of each producer. */
  totals(): ProducerSequences[] {
    return this.producers.filter((sequences) => sequences !== undefined);
  }

  private begin(producer: number): ProducerSequences {
    const latest = new Int32Array(FIRST_PARTITIONS).fill(-1);
    const sequences = { producer, received: new Bitmap(), duplicated: [], reordered: [], latest };
    this.producers[producer] = sequences;
    return sequences;
  }
}

function grown(latest: Int32Array, partition: number): Int32Array {
  const larger = new Int32Array(Math.max(partition + 1, latest.length * 2)).fill(-1);
  larger.set(latest);
  return larger;
}

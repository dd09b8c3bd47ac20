// Batching by linger and batch size, like Kafka's Java client (linger.ms, batch.size), for clients that have neither.

/** Collects items into batches. A batch is complete when the linger time since its first item is over, or when its size is reached. */
export class Batcher<T> {
  private batch: T[] = [];
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  private readonly lingerMs: number;
  private readonly maxBytes: number;
  private readonly onBatch: (batch: T[]) => void;

  /**
   * @param lingerMs how long a batch waits for more items, ms. 0: each item is a batch of its own
   * @param maxBytes size at which a batch is complete
   * @param onBatch called with each complete batch
   */
  constructor(lingerMs: number, maxBytes: number, onBatch: (batch: T[]) => void) {
    this.lingerMs = lingerMs;
    this.maxBytes = maxBytes;
    this.onBatch = onBatch;
  }

  /** Adds an item of this size. */
  add(item: T, bytes: number): void {
    this.batch.push(item);
    this.bytes += bytes;
    if (this.lingerMs === 0 || this.bytes >= this.maxBytes) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.lingerMs);
  }

  /** Completes the current batch, if it has items. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    this.bytes = 0;
    this.onBatch(batch);
  }

  /** Number of items in the current batch. */
  get waiting(): number {
    return this.batch.length;
  }
}

// What linger and batch size do in Kafka's own client (linger.ms, batch.size), for clients that have neither.

/** Gathers what is added until the linger after the first of it is over, or until it has so many bytes. */
export class Batcher<T> {
  private batch: T[] = [];
  private bytes = 0;
  private timer: NodeJS.Timeout | undefined;

  private readonly lingerMs: number;
  private readonly maxBytes: number;
  private readonly flushed: (batch: T[]) => void;

  /** @param lingerMs 0: each is handed on at once, by itself */
  constructor(lingerMs: number, maxBytes: number, flushed: (batch: T[]) => void) {
    this.lingerMs = lingerMs;
    this.maxBytes = maxBytes;
    this.flushed = flushed;
  }

  add(item: T, bytes: number): void {
    this.batch.push(item);
    this.bytes += bytes;
    if (this.lingerMs === 0 || this.bytes >= this.maxBytes) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.lingerMs);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    this.bytes = 0;
    this.flushed(batch);
  }

  /** How many wait. */
  get waiting(): number {
    return this.batch.length;
  }
}

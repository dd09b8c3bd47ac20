import {
  canRetryHttpCall,
  InfluxDB,
  type Point,
  setLogger,
  type WriteApi,
} from "@influxdata/influxdb-client";
import type { InfluxTarget } from "../../contract/target.ts";
import { type Clock, realClock } from "../clock.ts";

// The client writes every failed attempt to standard error; here they are counted.
setLogger({ error: () => {}, warn: () => {} });

const BATCH_LINES = 1_000;
const FLUSH_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const RETRIES = 3;
const RETRY_PAUSE_MS = 500;
/** What is kept while InfluxDB does not answer; beyond it the oldest are lost. */
const MAX_LINES = 50_000;

/** What became of the points that were given to a writer. */
export interface WriteTally {
  written: number;
  lost: number;
  /** What InfluxDB, or the way to it, said last when it took nothing. */
  lastError?: Error;
}

/**
 * Writes points in batches, behind the caller's back: a slow or absent InfluxDB never holds up who measures.
 *
 * The client's own batches and retries are switched off: it does not wait for batches that are under way when it is
 * flushed or closed (1.35), so nobody could say how many points arrived.
 */
export class PointWriter {
  private readonly lines: string[] = [];
  private readonly api: WriteApi;
  private readonly timer: NodeJS.Timeout;
  /** Ends when all that was to be sent so far has been. */
  private sent: Promise<void> = Promise.resolve();
  private written = 0;
  private lost = 0;
  private lastError: Error | undefined;

  private readonly clock: Clock;

  constructor(target: InfluxTarget, clock: Clock = realClock) {
    this.clock = clock;

    const client = new InfluxDB({ url: target.url, token: target.token, timeout: REQUEST_TIMEOUT_MS });
    const plain = { batchSize: BATCH_LINES + 1, flushInterval: 0, maxRetries: 0 };
    this.api = client.getWriteApi(target.org, target.bucket, "ms", plain);
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Takes points; what is undefined is none. */
  write(...points: (Point | undefined)[]): void {
    for (const point of points) {
      const line = point?.toLineProtocol(this.api);
      if (line) this.lines.push(line);
    }
    const excess = this.lines.length - MAX_LINES;
    if (excess > 0) {
      this.lines.splice(0, excess);
      this.lost += excess;
    }
    if (this.lines.length >= BATCH_LINES) void this.flush();
  }

  /** Sends what has been given so far, and ends when it has arrived or is lost. Never fails. */
  flush(): Promise<void> {
    this.sent = this.sent.then(async () => {
      while (this.lines.length > 0) await this.send(this.lines.splice(0, BATCH_LINES));
    });
    return this.sent;
  }

  /** Sends what is left and says what became of all points. */
  async close(): Promise<WriteTally> {
    clearInterval(this.timer);
    await this.flush();
    await this.api.close();
    const { written, lost, lastError } = this;
    return lastError ? { written, lost, lastError } : { written, lost };
  }

  private async send(batch: string[]): Promise<void> {
    for (let retry = 0; ; retry += 1) {
      try {
        this.api.writeRecords(batch);
        await this.api.flush();
        this.written += batch.length;
        return;
      } catch (error) {
        this.lastError = error as Error;
        if (retry === RETRIES || !canRetryHttpCall(error)) break;
        await this.clock.sleep(RETRY_PAUSE_MS * 2 ** retry);
      }
    }
    this.lost += batch.length;
  }
}

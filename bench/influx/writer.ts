import { canRetryHttpCall, type Point, setLogger, type WriteApi } from "@influxdata/influxdb-client";
import type { InfluxTarget } from "../../contract/target.ts";
import { type Clock, realClock } from "../clock.ts";
import { influxClient } from "./client.ts";

// By default the client logs every failed attempt to standard error. The writer counts them instead.
setLogger({ error: () => {}, warn: () => {} });

const BATCH_LINES = 1_000;
const FLUSH_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const RETRIES = 3;
const RETRY_PAUSE_MS = 500;
/** Lines that are buffered while InfluxDB does not answer; beyond that the oldest are lost. */
const MAX_LINES = 50_000;

/** How many points a writer has written and lost. */
interface WriteTally {
  written: number;
  lost: number;
  /** The error of the latest failed write. */
  lastError?: Error;
}

/**
 * Writes points in batches in the background, so that a slow or unreachable InfluxDB never blocks the measurement.
 *
 * Replaces the client's own batches and retries: when flushed or closed, the client (1.35) does not wait for batches that
 * are already being sent, so written points could not be counted.
 */
export class PointWriter {
  private readonly lines: string[] = [];
  private readonly api: WriteApi;
  private readonly timer: NodeJS.Timeout;
  /** Resolves when everything passed to {@link flush} so far has been sent. */
  private sent: Promise<void> = Promise.resolve();
  private written = 0;
  private lost = 0;
  private lastError: Error | undefined;

  private readonly clock: Clock;

  constructor(target: InfluxTarget, clock: Clock = realClock) {
    this.clock = clock;

    const client = influxClient(target, { token: target.token, timeout: REQUEST_TIMEOUT_MS });
    const plain = { batchSize: BATCH_LINES + 1, flushInterval: 0, maxRetries: 0 };
    this.api = client.getWriteApi(target.org, target.bucket, "ms", plain);
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Buffers points. Ignores undefined ones, which have no fields. */
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

  /** Sends all buffered points, and resolves when they are written or lost. Never fails. */
  flush(): Promise<void> {
    this.sent = this.sent.then(async () => {
      while (this.lines.length > 0) await this.send(this.lines.splice(0, BATCH_LINES));
    });
    return this.sent;
  }

  /** Sends the remaining points and returns the counts. */
  async close(): Promise<WriteTally> {
    clearInterval(this.timer);
    await this.flush();
    await this.api.close();
    const { written, lost, lastError } = this;
    return { written, lost, lastError };
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

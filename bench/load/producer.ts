// One logical producer, with its own client, sequence numbers and queue. It shares nothing with other producers.

import type { ProducerTotals } from "../agent/protocol.ts";
import { isAnswer } from "../clients/errorKind.ts";
import type { OutgoingMessage, ProducerPort } from "../clients/port.ts";
import { Bitmap } from "../measure/bitmap.ts";
import { Batcher } from "./batcher.ts";
import { type Stamp, writeStamp } from "./message.ts";
import type { Payloads } from "./payload.ts";

/** A message that is due. */
export interface Due {
  sequence: number;
  intendedUs: number;
  message: OutgoingMessage;
}

/** Settings of a logical producer. */
interface ProducerSettings {
  /** Fields of every message's header. */
  run: number;
  step: number;
  producer: number;
  lingerMs: number;
  batchBytes: number;
  /** Largest number of unacknowledged messages. */
  maxOutstanding: number;
  /** A message that is sent later than this after its intended time is late. */
  lateAfterUs: number;
}

/** What a producer reports to its task; times in µs since 1970. */
export interface ProducerListener {
  sent(messages: readonly Due[], late: number, atUs: number): void;
  /** @param partitions those that acknowledged them, as {@link ProducerPort.send} says. @param producer number of the producer */
  acked(
    messages: readonly Due[],
    sentUs: number,
    atUs: number,
    partitions: readonly number[],
    producer: number,
  ): void;
  failed(messages: readonly Due[], error: unknown, atUs: number): void;
}

/** A logical producer: sends each message when it is due, and counts acknowledged, late and unsent ones. */
export class LogicalProducer {
  private readonly acked = new Bitmap();
  private readonly failed = new Bitmap();
  /** Messages are sent in the order of their sequences: those below this. */
  private sentTo = 0;
  /** Messages that are due and not sent yet, because too many are unacknowledged. */
  private readonly queue: Due[] = [];
  private readonly batcher: Batcher<Due>;
  private fromUs = Number.POSITIVE_INFINITY;
  private inWindow = { from: -1, sent: 0, late: 0 };
  /** Number of messages that have been due. */
  private dueCount = 0;
  private closed = false;
  /** Number of messages that are sent and not answered yet. */
  outstanding = 0;

  private readonly port: ProducerPort;
  private readonly settings: ProducerSettings;
  private readonly payloads: Payloads;
  private readonly nextKey: () => Buffer | undefined;
  private readonly nowUs: () => number;
  private readonly listener: ProducerListener;

  constructor(
    port: ProducerPort,
    settings: ProducerSettings,
    payloads: Payloads,
    nextKey: () => Buffer | undefined,
    nowUs: () => number,
    listener: ProducerListener,
  ) {
    this.port = port;
    this.settings = settings;
    this.payloads = payloads;
    this.nextKey = nextKey;
    this.nowUs = nowUs;
    this.listener = listener;
    this.batcher = new Batcher(settings.lingerMs, settings.batchBytes, (batch) => this.enqueue(batch));
  }

  /**
   * Sets the intended time from which messages are measured. The measured time ends with the schedule. It can be set again
   * until the first message of the measured time is due.
   */
  measureFrom(fromUs: number): void {
    this.fromUs = fromUs;
    this.inWindow = { from: -1, sent: 0, late: 0 };
  }

  /** Accepts a message that is due. Never waits, and never throws because of a broker. */
  due(sequence: number, intendedUs: number): void {
    this.count(sequence, intendedUs);
    const value = this.payloads.next();
    const key = this.nextKey();
    const message = key === undefined ? { value } : { key, value };
    this.batcher.add({ sequence, intendedUs, message }, value.length);
  }

  /** Counts a message that is due and will not be sent. */
  missed(sequence: number, intendedUs: number): void {
    this.count(sequence, intendedUs);
  }

  private count(sequence: number, intendedUs: number): void {
    this.dueCount = sequence + 1;
    if (this.inWindow.from < 0 && intendedUs >= this.fromUs) this.inWindow.from = sequence;
  }

  /** The acknowledged sequences so far, as an encoded bitmap. */
  encodeAcked(): string {
    return this.acked.encode();
  }

  private enqueue(batch: Due[]): void {
    if (this.queue.length === 0 && this.outstanding + batch.length <= this.settings.maxOutstanding) {
      this.send(batch);
      return;
    }
    for (const each of batch) this.queue.push(each);
    this.sendWaiting();
  }

  /** Sends as many waiting messages as allowed, in the order in which they were due. */
  private sendWaiting(): void {
    if (this.closed || this.queue.length === 0) return;
    const free = this.settings.maxOutstanding - this.outstanding;
    const batch = this.queue.splice(0, Math.max(0, free));
    if (batch.length === 0) return;
    if (this.settings.lingerMs > 0) this.send(batch);
    else for (const each of batch) this.send([each]);
  }

  private send(batch: Due[]): void {
    const sentUs = this.nowUs();
    const { run, step, producer, lateAfterUs } = this.settings;
    let late = 0;
    for (const { sequence, intendedUs, message } of batch) {
      const stamp: Stamp = { run, step, producer, sequence, intendedUs, sentUs };
      writeStamp(message.value, stamp);
      const isLate = sentUs - intendedUs > lateAfterUs;
      if (isLate) late += 1;
      if (intendedUs < this.fromUs) continue;
      this.inWindow.sent += 1;
      if (isLate) this.inWindow.late += 1;
    }
    this.sentTo = (batch.at(-1)?.sequence ?? -1) + 1;
    this.outstanding += batch.length;
    this.listener.sent(batch, late, sentUs);
    void this.awaitAnswer(batch, sentUs);
  }

  private async awaitAnswer(batch: Due[], sentUs: number): Promise<void> {
    try {
      const partitions = await this.port.send(batch.map(({ message }) => message));
      for (const { sequence } of batch) this.acked.set(sequence);
      this.listener.acked(batch, sentUs, this.nowUs(), partitions, this.settings.producer);
    } catch (error) {
      if (isAnswer(error)) for (const { sequence } of batch) this.failed.set(sequence);
      this.listener.failed(batch, error, this.nowUs());
    } finally {
      this.outstanding -= batch.length;
      this.sendWaiting();
    }
  }

  /** Number of messages that are due and not sent yet. */
  get waiting(): number {
    return this.queue.length + this.batcher.waiting;
  }

  /** Sends the messages that are still waiting for the linger time, since no more will follow. */
  flush(): void {
    this.batcher.flush();
  }

  /** Closes the client. Waiting messages stay unsent. */
  async close(): Promise<void> {
    this.closed = true;
    await this.port.close();
  }

  /** What it recorded. */
  totals(): ProducerTotals["producers"][number] {
    const { sent, late } = this.inWindow;
    const from = this.inWindow.from < 0 ? this.dueCount : this.inWindow.from;
    const window = { from, to: this.dueCount };
    return {
      producer: this.settings.producer,
      window,
      sent,
      late,
      unsent: window.to - window.from - sent,
      acked: this.acked.encode(),
      sentTo: this.sentTo,
      failed: this.failed.encode(),
    };
  }
}

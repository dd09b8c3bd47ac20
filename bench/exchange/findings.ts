// What one process finds out about the clock of one peer, compact enough to send to the runner.
import { z } from "zod";
import { type Limit, OffsetEnvelope } from "./envelope.ts";
import { StepRecord } from "./stepRecord.ts";

/** Length of a cell, and largest number of cells: a longer exchange has longer cells. */
const CELL_US = 1e6;
const MOST_CELLS = 300;
/** With more limits than this, every second one is dropped: the bounds get wider, but still hold. */
const MOST_LIMITS = 40_000;

const cellSchema = z.object({
  /** The period, µs on the asking process's clock. */
  fromUs: z.number(),
  toUs: z.number(),
  /** Bounds of the offset throughout the period: the peer's clock minus the asking process's, µs. */
  lowUs: z.number(),
  highUs: z.number(),
});
/** Bounds of the offset of two clocks throughout a period. */
export type OffsetCell = z.output<typeof cellSchema>;

/** The schema of {@link Findings}. */
export const findingsSchema = z.object({
  peer: z.string(),
  sent: z.int().min(0),
  answered: z.int().min(0),
  /** Round-trip time of the fastest probe, µs; null: no answer. */
  minRttUs: z.number().nullable(),
  /** Sum of the absolute steps of both clocks during the exchange, µs. */
  steppedUs: z.number(),
  /** In the order of time, without gaps; empty if no probe was answered. */
  cells: z.array(cellSchema),
});
/** What one process found out about the clock of one peer. */
export type Findings = z.output<typeof findingsSchema>;

/** A reading of the asking process's clock, µs. */
export interface Stamp {
  us: number;
  /** The sum of its steps so far. */
  steppedUs: number;
}

/** The peer's part of a probe: received at t2, sent back at t3, both µs on the peer's clock. */
interface PeerStamps {
  t2: number;
  t3: number;
  /** The sum of the peer's steps so far. */
  steppedUs: number;
}

/** Collects the timestamps of one peer. Limits are kept between the unstepped clocks: see {@link StepRecord}. */
export class PeerClock {
  sent = 0;
  private answered = 0;
  private minRttUs = Number.POSITIVE_INFINITY;
  private upper: Limit[] = [];
  private lower: Limit[] = [];
  private readonly ownSteps = new StepRecord();
  private readonly peerSteps = new StepRecord();

  readonly peer: string;

  constructor(peer: string) {
    this.peer = peer;
  }

  /** Adds a probe that was sent at `sent` and whose answer came at `received`. */
  take(sent: Stamp, { t2, t3, steppedUs }: PeerStamps, received: Stamp): void {
    const [t1, t4] = [sent.us - sent.steppedUs, received.us - received.steppedUs];
    this.answered += 1;
    this.minRttUs = Math.min(this.minRttUs, t4 - t1 - (t3 - t2));
    // An answer that was overtaken by a later one gives loose limits, and the steps that it reports are out of date.
    if (t1 < (this.upper.at(-1)?.atUs ?? t1) || t4 < (this.lower.at(-1)?.atUs ?? t4)) return;
    this.upper.push({ atUs: t1, us: t2 - steppedUs - t1 });
    this.lower.push({ atUs: t4, us: t3 - steppedUs - t4 });
    this.ownSteps.note(t1, t4, received.steppedUs);
    this.peerSteps.note(t1, t4, steppedUs);
    if (this.upper.length > MOST_LIMITS) this.dropEverySecond();
  }

  private dropEverySecond(): void {
    this.upper = this.upper.filter((_, index) => index % 2 === 0);
    this.lower = this.lower.filter((_, index) => index % 2 === 0);
  }

  findings(): Findings {
    const { peer, sent, answered } = this;
    return {
      peer,
      sent,
      answered,
      minRttUs: answered > 0 ? this.minRttUs : null,
      steppedUs: this.ownSteps.absoluteSum() + this.peerSteps.absoluteSum(),
      cells: this.cells(),
    };
  }

  private cells(): OffsetCell[] {
    const [first, last] = [this.upper[0], this.lower.at(-1)];
    if (!first || !last) return [];
    const envelope = new OffsetEnvelope(this.upper, this.lower);
    const count = Math.min(MOST_CELLS, Math.ceil((last.atUs - first.atUs) / CELL_US) || 1);
    const length = (last.atUs - first.atUs) / count;
    return Array.from({ length: count }, (_, index) =>
      this.cell(envelope, first.atUs + index * length, first.atUs + (index + 1) * length),
    );
  }

  /** Bounds of the offset between the clocks as they are read, including steps. */
  private cell(envelope: OffsetEnvelope, from: number, to: number): OffsetCell {
    const { low, high } = envelope.range(from, to);
    const [own, peer] = [this.ownSteps.range(from, to), this.peerSteps.range(from, to)];
    // Rounded outwards to whole µs: decimals would double the size of the message to the runner.
    return {
      fromUs: Math.floor(from + own.low),
      toUs: Math.ceil(to + own.high),
      lowUs: Math.floor(low + peer.low - own.high),
      highUs: Math.ceil(high + peer.high - own.low),
    };
  }
}

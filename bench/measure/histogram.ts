// Delays as HdrHistograms: https://hdrhistogram.github.io/HdrHistogram/
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";
import type { Distribution } from "../../contract/result";

/** From 1 µs to 10 minutes. */
const HIGHEST_US = 600_000_000;

/**
 * A distribution of delays, recorded in µs with two or three digits. No sample is dropped: what is below zero counts as
 * zero, and is counted apart too; what is above the range counts as its end, and is counted apart too.
 */
export class DelayHistogram {
  private readonly histogram: Histogram;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;
  /** Of the samples, those below zero: only clocks that disagree make them. */
  negative = 0;
  /** Of the samples, those above the range. */
  beyond = 0;

  constructor(digits: 2 | 3 = 3) {
    this.histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_US,
      numberOfSignificantValueDigits: digits,
      bitBucketSize: 32,
      autoResize: false,
      useWebAssembly: false,
    });
  }

  get count(): number {
    return this.histogram.totalCount;
  }

  record(us: number): void {
    if (us < this.least) this.least = us;
    if (us > this.most) this.most = us;
    if (us < 0) {
      this.negative += 1;
      this.histogram.recordValue(0);
    } else if (us > HIGHEST_US) {
      this.beyond += 1;
      this.histogram.recordValue(HIGHEST_US);
    } else {
      this.histogram.recordValue(Math.round(us));
    }
  }

  add(other: DelayHistogram): void {
    this.histogram.add(other.histogram);
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
    this.negative += other.negative;
    this.beyond += other.beyond;
  }

  /**
   * Adds what {@link encode} gave, or another HDR tool. Least and most are then as exact as the buckets are.
   *
   * @param negative of its samples, which the encoding does not tell
   */
  addEncoded(text: string, negative = 0): void {
    const other = decodeFromCompressedBase64(text, 32, false);
    this.histogram.add(other);
    this.negative += negative;
    if (other.totalCount === 0) return;
    this.least = Math.min(this.least, other.getValueAtPercentile(0)); // its own minimum leaves out zero
    this.most = Math.max(this.most, other.maxValue);
  }

  /** HdrHistogram V2, compressed, base64. */
  encode(): string {
    return encodeIntoCompressedBase64(this.histogram);
  }

  /** @returns ms; null where nothing was recorded */
  percentileMs(percent: number): number | null {
    if (this.count === 0) return null;
    // The end of the bucket that it is in, which may be beyond the largest sample.
    return Math.min(this.histogram.getValueAtPercentile(percent), Math.max(0, this.most)) / 1_000;
  }

  distribution(): Distribution {
    const { count, negative } = this;
    const empty = count === 0;
    return {
      ...{ count, negative },
      mean: empty ? null : this.histogram.mean / 1_000,
      min: empty ? null : this.least / 1_000,
      p50: this.percentileMs(50),
      p90: this.percentileMs(90),
      p99: this.percentileMs(99),
      "p99.9": this.percentileMs(99.9),
      "p99.99": this.percentileMs(99.99),
      max: empty ? null : this.most / 1_000,
    };
  }

  reset(): void {
    this.histogram.reset();
    this.least = Number.POSITIVE_INFINITY;
    this.most = Number.NEGATIVE_INFINITY;
    this.negative = 0;
    this.beyond = 0;
  }
}

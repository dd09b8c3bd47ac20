// Histograms of latencies: https://hdrhistogram.github.io/HdrHistogram/
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";
import type jsHistogram from "hdr-histogram-js/dist/JsHistogram.js";
import recordedValuesIterator from "hdr-histogram-js/dist/RecordedValuesIterator.js";
import type { Distribution } from "./distribution.ts";

/** 10 minutes. A histogram covers 1 µs up to this, on both sides of zero. */
const HIGHEST_US = 600_000_000;
/** A percentile with fewer messages above it is unknown. */
const LEAST_ABOVE = 10;
/** Characters of an encoded histogram at most. The largest of this program have half as many. */
const MOST_ENCODED = 400_000;
/** Separates the positive and the negative side of an encoded histogram. It does not occur in base64. */
const SIDES = "|";

/**
 * A distribution of latencies, recorded in µs with a resolution of two or three significant digits. No sample is dropped or
 * clamped. Samples below zero, which only clocks that disagree can cause, are kept in a second histogram of their
 * magnitudes. Samples beyond the range are recorded at its end, and counted in `beyond`.
 */
export class LatencyHistogram {
  private readonly above: Histogram;
  /** Magnitudes of the samples below zero; created with the first one. */
  private below: Histogram | undefined;
  private least = Number.POSITIVE_INFINITY;
  private most = Number.NEGATIVE_INFINITY;
  /** Number of samples beyond the range. */
  beyond = 0;

  private readonly digits: 2 | 3;

  /** @param digits significant digits of the resolution. Default: 3 */
  constructor(digits: 2 | 3 = 3) {
    this.digits = digits;
    this.above = newHistogram(digits);
  }

  /** Number of samples. */
  get count(): number {
    return this.above.totalCount + this.negative;
  }

  /** Number of samples below zero. */
  get negative(): number {
    return this.below?.totalCount ?? 0;
  }

  /** Records a latency in µs, `times` times. */
  record(us: number, times = 1): void {
    if (us < this.least) this.least = us;
    if (us > this.most) this.most = us;
    let value = Math.round(us < 0 ? -us : us);
    if (value > HIGHEST_US) {
      this.beyond += times;
      value = HIGHEST_US;
    }
    const side = us < 0 ? this.negatives() : this.above;
    if (times === 1) side.recordValue(value);
    else side.recordValueWithCount(value, times);
  }

  private negatives(): Histogram {
    this.below ??= newHistogram(this.digits);
    return this.below;
  }

  /** Adds all samples of another histogram. */
  add(other: LatencyHistogram): void {
    this.above.add(other.above);
    if (other.below) this.negatives().add(other.below);
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
    this.beyond += other.beyond;
  }

  /** Adds a histogram encoded by {@link encode} or another HDR tool. Minimum and maximum are then only as exact as the buckets. */
  addEncoded(text: string): void {
    const [above = "", below] = text.split(SIDES);
    const positive = decodeFromCompressedBase64(above, 32, false);
    this.above.add(positive);
    if (positive.totalCount > 0) {
      this.least = Math.min(this.least, positive.getValueAtPercentile(0)); // the library's minimum ignores zero
      this.most = Math.max(this.most, positive.maxValue);
    }
    if (below === undefined) return;
    const magnitudes = decodeFromCompressedBase64(below, 32, false);
    this.negatives().add(magnitudes);
    this.least = Math.min(this.least, -magnitudes.maxValue);
    this.most = Math.max(this.most, -magnitudes.getValueAtPercentile(0));
  }

  /** Whether {@link addEncoded} can read a text. A small one may claim, or inflate to, a histogram larger than the memory. */
  static isEncoded(text: string): boolean {
    if (text.length > MOST_ENCODED) return false;
    try {
      new LatencyHistogram().addEncoded(text);
      return true;
    } catch {
      return false;
    }
  }

  /** HdrHistogram V2, compressed, base64. If there are samples below zero, their magnitudes follow after a "|". */
  encode(): string {
    const above = encodeIntoCompressedBase64(this.above);
    return this.below ? above + SIDES + encodeIntoCompressedBase64(this.below) : above;
  }

  /** A histogram of the same samples, each shifted by `us` µs. Its resolution is that of the buckets. */
  shifted(us: number): LatencyHistogram {
    const moved = new LatencyHistogram(this.digits);
    for (const [value, times] of recorded(this.above)) moved.record(value + us, times);
    if (this.below) for (const [value, times] of recorded(this.below)) moved.record(us - value, times);
    moved.beyond += this.beyond;
    return moved;
  }

  /** The percentile in ms; null if nothing was recorded. */
  percentileMs(percent: number): number | null {
    const { above, below, count, negative } = this;
    if (count === 0) return null;
    // The rank as HdrHistogram computes it. It counts from the smallest sample: from the largest magnitude below zero.
    const rank = Math.max(1, Math.ceil((percent / 100) * count * (1 - Number.EPSILON)));
    if (below && rank <= negative) return -valueAt(below, negative - rank + 1) / 1_000;
    // The value is the end of its bucket, which may lie beyond the largest sample.
    return Math.min(valueAt(above, rank - negative), Math.max(0, this.most)) / 1_000;
  }

  /** The 95 % confidence interval of the median in ms, by order statistics: no distribution is assumed. null if empty. */
  medianIntervalMs(): [number, number] | null {
    const { count } = this;
    if (count === 0) return null;
    const half = (1.96 * Math.sqrt(count)) / 2;
    const rankedMs = (rank: number) =>
      this.percentileMs((100 * Math.min(count, Math.max(1, rank))) / count) as number;
    return [rankedMs(Math.floor(count / 2 - half)), rankedMs(Math.ceil(count / 2 + half))];
  }

  /** The samples in µs, as exact as the buckets that they are in, with their numbers. Those below zero come last. */
  *samples(): Generator<[us: number, times: number]> {
    yield* recorded(this.above);
    if (this.below) for (const [us, times] of recorded(this.below)) yield [-us, times];
  }

  /** Number of samples above a latency in ms. Its resolution is that of the buckets. */
  countAbove(ms: number): number {
    let above = 0;
    for (const [us, times] of recorded(this.above)) if (us > ms * 1_000) above += times;
    return above;
  }

  /**
   * The percentile in ms over all offered messages: those without a sample rank above all samples. null if it lies beyond the
   * samples, or if fewer than ten messages lie above it.
   */
  rankedMs(percent: number, offered: number): number | null {
    const messages = Math.max(offered, this.count);
    if (messages * (100 - percent) < 100 * LEAST_ABOVE * (1 - 1e-9)) return null;
    const rank = Math.max(1, Math.ceil((percent / 100) * messages * (1 - Number.EPSILON)));
    return rank > this.count ? null : this.percentileMs((100 * (rank - 0.5)) / this.count);
  }

  /**
   * Count, mean, percentiles, minimum and maximum, in ms.
   *
   * @param offered number of messages over which percentiles rank ({@link rankedMs}). Default: only the samples are ranked,
   * however few they are
   */
  distribution(offered?: number): Distribution {
    const { count, negative } = this;
    const empty = count === 0;
    const percentile = (percent: number) =>
      offered === undefined ? this.percentileMs(percent) : this.rankedMs(percent, offered);
    return {
      count,
      ...(offered === undefined ? {} : { missing: Math.max(0, offered - count) }),
      negative,
      mean: empty ? null : this.meanUs() / 1_000,
      min: empty ? null : this.least / 1_000,
      p50: percentile(50),
      p90: percentile(90),
      p99: percentile(99),
      "p99.9": percentile(99.9),
      "p99.99": percentile(99.99),
      max: empty ? null : this.most / 1_000,
    };
  }

  private meanUs(): number {
    const { above, below, count } = this;
    const sum = above.totalCount === 0 ? 0 : above.mean * above.totalCount;
    return (sum - (below ? below.mean * below.totalCount : 0)) / count;
  }

  /** Removes all samples. */
  reset(): void {
    this.above.reset();
    this.below = undefined;
    this.least = Number.POSITIVE_INFINITY;
    this.most = Number.NEGATIVE_INFINITY;
    this.beyond = 0;
  }
}

function newHistogram(digits: 2 | 3): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: digits,
    bitBucketSize: 32,
    autoResize: false,
    useWebAssembly: false,
  });
}

/** The value at a rank, from 1. It asks for the percentile of the middle of the rank, so that rounding cannot reach the next one. */
function valueAt(histogram: Histogram, rank: number): number {
  return histogram.getValueAtPercentile((100 * (rank - 0.5)) / histogram.totalCount);
}

/** The middle of each bucket, and the number of samples in it. */
function* recorded(histogram: Histogram): Generator<[value: number, times: number]> {
  const implementation = histogram as jsHistogram.default;
  const iterator = new recordedValuesIterator.default(implementation);
  while (iterator.hasNext()) {
    const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
    yield [implementation.medianEquivalentValue(valueIteratedTo), countAtValueIteratedTo];
  }
}

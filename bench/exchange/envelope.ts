// Bounds of the offset of two unstepped clocks over time, from the limits that probes give.
//
// A probe leaves the client at t1 and reaches the server at t2. It cannot arrive before it left, so the server's clock is
// ahead by at most t2 - t1. The answer is sent at t3 and received at t4, so the server's clock is ahead by at least t3 - t4.
// Every probe thus gives an upper and a lower limit of the offset, however long it was delayed, and the least delayed probes
// give the tightest limits (compare the minimum-delay filter of NTP, RFC 5905, section 10).
//
// A limit at one time also holds at every other time if it is widened by the most that the offset can change in between:
// the offset of clocks that are not stepped is Lipschitz continuous. The kernel corrects a clock's frequency by at most
// 500 ppm (adjtimex(2), ADJ_FREQUENCY; ptpd and ptp4l stay within it), an oscillator is wrong by less than 100 ppm, and two
// clocks can do so in opposite directions. The same idea bounds clocks by a maximum drift rate in Marzullo and Owicki,
// "Maintaining the time in a distributed system" (PODC 1983). No shape of the offset is assumed: it may be a servo's
// oscillation or a random walk.

/** One limit of the offset. */
export interface Limit {
  /** µs, on the client's clock. */
  atUs: number;
  /** Upper or lower limit of the server's clock minus the client's, µs. */
  us: number;
}

/** The most that the offset of two clocks that are not stepped changes, µs per second: twice (500 + 100). */
export const MAX_RATE_PPM = 1_200;
const RATE = MAX_RATE_PPM / 1e6;
/** Where limits contradict each other, all limits within this distance count, without widening. */
const NEIGHBOURHOOD_US = 1e6;

/** The bounds of an offset over time. */
export class OffsetEnvelope {
  private readonly highs: Cones;
  private readonly lows: Cones;
  private readonly limits: { upper: readonly Limit[]; lower: readonly Limit[] };

  /** @param upper t2 - t1, at t1, in the order of time. @param lower t3 - t4, at t4, in the order of time */
  constructor(upper: readonly Limit[], lower: readonly Limit[]) {
    this.limits = { upper, lower };
    this.highs = new Cones(upper);
    this.lows = new Cones(lower.map(negated));
  }

  /** Bounds of the offset throughout a period, µs. */
  range(fromUs: number, toUs: number): { low: number; high: number } {
    const [high, low] = [this.highs.highest(fromUs, toUs), -this.lows.highest(fromUs, toUs)];
    return low <= high && !this.contradict(fromUs, toUs) ? { low, high } : this.widest(fromUs, toUs);
  }

  /** Whether a lower limit is above an upper one, so that a clock must have changed faster than {@link MAX_RATE_PPM}. */
  private contradict(fromUs: number, toUs: number): boolean {
    return [...this.highs.timesWithin(fromUs, toUs), ...this.lows.timesWithin(fromUs, toUs)].some(
      (atUs) => -this.lows.at(atUs) > this.highs.at(atUs),
    );
  }

  private widest(fromUs: number, toUs: number): { low: number; high: number } {
    const near = (limits: readonly Limit[]) =>
      limits.filter(({ atUs }) => atUs >= fromUs - NEIGHBOURHOOD_US && atUs <= toUs + NEIGHBOURHOOD_US);
    return {
      low: near(this.limits.lower).reduce((least, { us }) => Math.min(least, us), -this.lows.at(fromUs)),
      high: near(this.limits.upper).reduce((most, { us }) => Math.max(most, us), this.highs.at(fromUs)),
    };
  }
}

const negated = ({ atUs, us }: Limit): Limit => ({ atUs, us: -us });

/** The lower envelope of cones that open upwards, one at each upper limit, with slopes of ± {@link RATE}. */
class Cones {
  /** The limits, each lowered to the cones of the others. */
  private readonly tips: readonly Limit[];

  constructor(limits: readonly Limit[]) {
    this.tips = tightened(tightened(limits).reverse()).reverse();
  }

  /** The highest point within a period. */
  highest(fromUs: number, toUs: number): number {
    let most = Math.max(this.at(fromUs), this.at(toUs));
    for (let index = Math.max(1, this.after(fromUs)); index < this.tips.length; index += 1) {
      const [left, right] = [this.tips[index - 1] as Limit, this.tips[index] as Limit];
      if (left.atUs > toUs) break;
      const middle = (left.atUs + right.atUs) / 2 + (right.us - left.us) / (2 * RATE);
      if (middle > fromUs && middle < toUs) most = Math.max(most, this.at(middle));
    }
    return most;
  }

  at(us: number): number {
    const index = this.after(us);
    const neighbours = [this.tips[index - 1], this.tips[index]].filter((tip) => tip !== undefined);
    return Math.min(...neighbours.map((tip) => tip.us + RATE * Math.abs(us - tip.atUs)));
  }

  timesWithin(fromUs: number, toUs: number): number[] {
    const times: number[] = [];
    for (let index = this.after(fromUs); index < this.tips.length; index += 1) {
      const { atUs } = this.tips[index] as Limit;
      if (atUs > toUs) break;
      times.push(atUs);
    }
    return times;
  }

  /** Index of the first tip after a time. */
  private after(us: number): number {
    let [low, high] = [0, this.tips.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.tips[middle] as Limit).atUs <= us) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Lowers each limit to the cones of those before it. */
function tightened(limits: readonly Limit[]): Limit[] {
  const tips: Limit[] = [];
  for (const { atUs, us } of limits) {
    const last = tips.at(-1);
    tips.push({ atUs, us: last ? Math.min(us, last.us + RATE * Math.abs(atUs - last.atUs)) : us });
  }
  return tips;
}

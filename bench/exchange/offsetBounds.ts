// The offset of two clocks and its error bound, computed from exchanged timestamps.
//
// A probe leaves the client at t1 and reaches the server at t2. It cannot arrive before it left, so the server's clock is
// ahead by at most t2 - t1. The answer is sent at t3 and received at t4, so the server's clock is ahead by at least t3 - t4.
// Every probe thus gives an upper and a lower limit of the offset, however long it was delayed, and the least delayed probes
// give the tightest limits (compare the minimum-delay filter of NTP, RFC 5905, section 10).
// Clocks drift slowly, so over a step the offset is a straight line between all limits (convex hull method of Moon, Skelly,
// Towsley, "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999). The set of all lines that
// fit gives the offset and its error bound.

/** One limit of the offset. */
export interface Limit {
  /** µs, on the client's clock. */
  atUs: number;
  /** Upper or lower limit of the server's clock minus the client's, µs. */
  us: number;
}

/** The limits of the offset of one pair of clocks. */
export interface Limits {
  /** Upper limits: t2 - t1, at t1. */
  upper: readonly Limit[];
  /** Lower limits: t3 - t4, at t4. */
  lower: readonly Limit[];
}

/** The offset over a period: the server's clock minus the client's. */
export interface OffsetLine {
  /** The offset at {@link middleUs}, µs. */
  offsetUs: number;
  /** The middle of the period, µs on the client's clock. */
  middleUs: number;
  /** µs that the server's clock gains per second. */
  driftPpm: number;
  /** The true offset is within ± this of the line during the whole period, µs. */
  boundUs: number;
  /** Whether a straight line fits all probes. If not, a clock was stepped or slewed, and the bound is wider accordingly. */
  straight: boolean;
}

/** The drift of working clocks is less than this. */
const MAX_DRIFT_PPM = 1_000;
const SEARCH_ROUNDS = 100;

/**
 * Computes the offset for the period from `fromUs` to `toUs`. The limits should cover the whole period.
 *
 * @returns undefined if there is no upper or no lower limit
 */
export function offsetLine(limits: Limits, fromUs: number, toUs: number): OffsetLine | undefined {
  if (limits.upper.length === 0 || limits.lower.length === 0) return undefined;
  const middleUs = (fromUs + toUs) / 2;
  const bounds = new OffsetBounds(
    limits.upper.map(({ atUs, us }) => ({ x: (atUs - middleUs) / 1e6, y: us })),
    limits.lower.map(({ atUs, us }) => ({ x: (atUs - middleUs) / 1e6, y: us })),
  );
  const widest = maximum(-MAX_DRIFT_PPM, MAX_DRIFT_PPM, (slope) => bounds.width(slope));
  const width = bounds.width(widest);
  // If no line fits, all limits are relaxed just enough to make the best line fit.
  const excess = Math.max(0, -width);
  const half = (toUs - fromUs) / 2e6;
  const ends = excess > 0 ? [widest, widest] : bounds.slopes(widest);
  const within = (x: number) => bounds.range(x, ends as [number, number], excess);
  const [early, late] = [within(-half), within(half)];
  // The middle of the possible range at both ends, which minimises the largest error.
  const [left, right] = [(early.low + early.high) / 2, (late.low + late.high) / 2];
  const line = {
    offsetUs: (left + right) / 2,
    middleUs,
    straight: excess === 0,
    driftPpm: half > 0 ? (right - left) / (2 * half) : widest,
  };
  const boundUs =
    excess === 0
      ? Math.max(early.high - early.low, late.high - late.low) / 2
      : furthest([...limits.upper, ...limits.lower], line) + Math.abs(line.driftPpm);
  return { ...line, boundUs };
}

/**
 * The error bound if no line fits. At any time the offset is between the limits of that second, so it is no further from the
 * line than the worst limit. The caller adds what the line itself moves in a second.
 */
function furthest(limits: readonly Limit[], line: Omit<OffsetLine, "boundUs">): number {
  return Math.max(...limits.map(({ atUs, us }) => Math.abs(us - offsetAt(line, atUs))));
}

/** The offset at a time on the client's clock, µs. */
export function offsetAt(
  { offsetUs, middleUs, driftPpm }: Pick<OffsetLine, "offsetUs" | "middleUs" | "driftPpm">,
  atUs: number,
): number {
  return offsetUs + (driftPpm * (atUs - middleUs)) / 1e6;
}

interface Point {
  /** s from the middle of the period. */
  x: number;
  /** Offset, µs. */
  y: number;
}

/** The lines y = intercept + slope·x that lie below all upper points and above all lower ones. */
class OffsetBounds {
  private readonly upper: readonly Point[];
  private readonly lower: readonly Point[];

  constructor(upper: readonly Point[], lower: readonly Point[]) {
    // Only points of the convex hulls can touch such a line.
    this.upper = hull(upper, 1);
    this.lower = hull(lower, -1);
  }

  /** The intercept of the highest line with a slope. */
  private highest(slope: number): number {
    return Math.min(...this.upper.map(({ x, y }) => y - slope * x));
  }

  /** The intercept of the lowest line with a slope. */
  private lowest(slope: number): number {
    return Math.max(...this.lower.map(({ x, y }) => y - slope * x));
  }

  /** Distance between the highest and the lowest line with a slope; negative if none fits. Concave in the slope. */
  width(slope: number): number {
    return this.highest(slope) - this.lowest(slope);
  }

  /** The smallest and the largest slope with a line that fits, given one such slope. */
  slopes(fitting: number): [number, number] {
    return [this.edge(fitting, -MAX_DRIFT_PPM), this.edge(fitting, MAX_DRIFT_PPM)];
  }

  private edge(inside: number, outside: number): number {
    if (this.width(outside) >= 0) return outside;
    let [good, bad] = [inside, outside];
    for (let round = 0; round < SEARCH_ROUNDS; round += 1) {
      const middle = (good + bad) / 2;
      if (this.width(middle) >= 0) good = middle;
      else bad = middle;
    }
    return good;
  }

  /** The values at x of lines with slopes in this range, with each limit relaxed by half of the excess. */
  range(x: number, [from, to]: readonly [number, number], excess: number): { low: number; high: number } {
    const high = (slope: number) => this.highest(slope) + slope * x + excess / 2;
    const low = (slope: number) => this.lowest(slope) + slope * x - excess / 2;
    return {
      high: high(maximum(from, to, high)),
      low: low(maximum(from, to, (slope) => -low(slope))),
    };
  }
}

/** The argument that maximises a concave function, by ternary search. */
function maximum(from: number, to: number, concave: (x: number) => number): number {
  let [low, high] = [from, to];
  for (let round = 0; round < SEARCH_ROUNDS; round += 1) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (concave(a) < concave(b)) low = a;
    else high = b;
  }
  return (low + high) / 2;
}

/** The lower convex hull (side 1) or the upper one (side -1), by Andrew's monotone chain. */
function hull(points: readonly Point[], side: 1 | -1): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || side * (a.y - b.y));
  const chain: Point[] = [];
  for (const point of sorted) {
    if (chain.at(-1)?.x === point.x) continue; // at the same time, the tighter one comes first
    while (chain.length >= 2 && side * turn(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0)
      chain.pop();
    chain.push(point);
  }
  return chain;
}

/** Positive if the path from a over b to c turns left. */
function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

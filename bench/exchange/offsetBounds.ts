// What two clocks have to do with each other, from timestamps that were exchanged: plain functions.
//
// A probe that leaves the client at t1 and reaches the server at t2 shows that the server's clock is ahead by t2 - t1 at the
// most, for it cannot have arrived before it left. Its answer, sent at t3 and received at t4, shows that it is ahead by
// t3 - t4 at the least. So every probe is an upper and a lower limit of the offset, whatever it waited on its way, and the
// least delayed ones are the tightest: what the minimum-delay filter of NTP (RFC 5905, section 10) looks for. Clocks drift,
// slowly: the offset is a straight line between all limits (a convex bounds: Moon, Skelly, Towsley, "Estimation and
// removal of clock skew from network delay measurements", INFOCOM 1999). All lines that fit tell the offset and its error.

/** One limit of the offset. */
export interface Limit {
  /** µs, on the client's clock. */
  atUs: number;
  /** The server's clock minus the client's is this at the most, or at the least, µs. */
  us: number;
}

/** Limits of one pair of clocks over some time. */
export interface Limits {
  /** At the most: t2 - t1, at t1. */
  upper: readonly Limit[];
  /** At the least: t3 - t4, at t4. */
  lower: readonly Limit[];
}

/** The offset over a time, as the server's clock minus the client's. */
export interface OffsetLine {
  /** At {@link middleUs}. */
  offsetUs: number;
  middleUs: number;
  /** µs that the server's clock gains in a second. */
  driftPpm: number;
  /** The true offset was within ± this of the line throughout the time. */
  boundUs: number;
  /** Whether a straight line fits all probes; else a clock was stepped or slewed, and the bound is so much wider. */
  straight: boolean;
}

/** Clocks that run differ by less than this; beyond it is no drift. */
const MOST_DRIFT_PPM = 1_000;
const SEARCH_ROUNDS = 100;

/**
 * The offset from `fromUs` to `toUs`, from all limits, which should enclose that time.
 *
 * @returns undefined where there is no limit on one of the sides
 */
export function offsetLine(limits: Limits, fromUs: number, toUs: number): OffsetLine | undefined {
  if (limits.upper.length === 0 || limits.lower.length === 0) return undefined;
  const middleUs = (fromUs + toUs) / 2;
  const bounds = new OffsetBounds(
    limits.upper.map(({ atUs, us }) => ({ x: (atUs - middleUs) / 1e6, y: us })),
    limits.lower.map(({ atUs, us }) => ({ x: (atUs - middleUs) / 1e6, y: us })),
  );
  const widest = maximum(-MOST_DRIFT_PPM, MOST_DRIFT_PPM, (slope) => bounds.width(slope));
  const width = bounds.width(widest);
  // Where no line fits, the limits are taken for wrong by as much as makes the best line fit.
  const excess = Math.max(0, -width);
  const half = (toUs - fromUs) / 2e6;
  const ends = excess > 0 ? [widest, widest] : bounds.slopes(widest);
  const within = (x: number) => bounds.range(x, ends as [number, number], excess);
  const [early, late] = [within(-half), within(half)];
  // The middle of what is possible, at both ends: the line that is wrong by the least.
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
 * Where no line fits: at any time the offset was between that second's limits, and so no further off than the worst of them,
 * and what the line itself moves in the second.
 */
function furthest(limits: readonly Limit[], line: Omit<OffsetLine, "boundUs">): number {
  return Math.max(...limits.map(({ atUs, us }) => Math.abs(us - offsetAt(line, atUs))));
}

/** The offset at a time. */
export function offsetAt(
  { offsetUs, middleUs, driftPpm }: Pick<OffsetLine, "offsetUs" | "middleUs" | "driftPpm">,
  atUs: number,
): number {
  return offsetUs + (driftPpm * (atUs - middleUs)) / 1e6;
}

interface Point {
  /** s from the middle. */
  x: number;
  /** µs. */
  y: number;
}

/** Lines y = intercept + slope·x below all upper points and above all lower ones. */
class OffsetBounds {
  private readonly upper: readonly Point[];
  private readonly lower: readonly Point[];

  constructor(upper: readonly Point[], lower: readonly Point[]) {
    // Only the hulls can touch a line.
    this.upper = hull(upper, 1);
    this.lower = hull(lower, -1);
  }

  /** The highest line of a slope: its intercept. */
  private highest(slope: number): number {
    return Math.min(...this.upper.map(({ x, y }) => y - slope * x));
  }

  private lowest(slope: number): number {
    return Math.max(...this.lower.map(({ x, y }) => y - slope * x));
  }

  /** Room between the highest and the lowest line of a slope; below zero: none fits. Concave in the slope. */
  width(slope: number): number {
    return this.highest(slope) - this.lowest(slope);
  }

  /** The least and the largest slope of which a line fits, given one that does. */
  slopes(fitting: number): [number, number] {
    return [this.edge(fitting, -MOST_DRIFT_PPM), this.edge(fitting, MOST_DRIFT_PPM)];
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

  /** What lines of these slopes can be at x, with all limits wider by half of the excess on each side. */
  range(x: number, [from, to]: readonly [number, number], excess: number): { low: number; high: number } {
    const high = (slope: number) => this.highest(slope) + slope * x + excess / 2;
    const low = (slope: number) => this.lowest(slope) + slope * x - excess / 2;
    return {
      high: high(maximum(from, to, high)),
      low: low(maximum(from, to, (slope) => -low(slope))),
    };
  }
}

/** Where a concave function is largest. */
function maximum(from: number, to: number, of: (at: number) => number): number {
  let [low, high] = [from, to];
  for (let round = 0; round < SEARCH_ROUNDS; round += 1) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (of(a) < of(b)) low = a;
    else high = b;
  }
  return (low + high) / 2;
}

/** The lower convex hull (side 1) or the upper one (side -1), by Andrew's monotone chain. */
function hull(points: readonly Point[], side: 1 | -1): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || side * (a.y - b.y));
  const chain: Point[] = [];
  for (const point of sorted) {
    if (chain.at(-1)?.x === point.x) continue; // a tighter one at the same time is there already
    while (chain.length >= 2 && side * turn(chain.at(-2) as Point, chain.at(-1) as Point, point) <= 0)
      chain.pop();
    chain.push(point);
  }
  return chain;
}

/** Above zero: the way from a over b to c turns to the left. */
function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

// Time of day in µs: what is stamped into messages and compared across machines.

/** µs since 1970, as the machine's clock has it. */
export interface WallClock {
  /** Never goes back between two {@link resync}s. */
  nowUs(): number;
  /** Finds the offset anew. @returns by how much it has changed, µs: the drift of the clock that is read, or a step */
  resync(): number;
  /** The machine's monotonic clock, µs from a start of its own: what no clock synchronisation can step. */
  steadyUs(): number;
  /** Where on {@link steadyUs} a time lies that {@link nowUs} had, or will have while no {@link resync} comes between. */
  steadyAt(wallUs: number): number;
}

/** Sources of time, as parameters for tests. */
export interface TimeSource {
  /** ms since 1970, whole. */
  date(): number;
  /** ns, from any start; never goes back. */
  monotonic(): bigint;
}

const real: TimeSource = { date: Date.now, monotonic: process.hrtime.bigint };

const EDGES = 8;
/** Fewer when it is found anew: nothing else runs meanwhile, up to 1 ms an edge. */
const RESYNC_EDGES = 2;
/** An edge that was seen through a wider gap (the thread had to wait for a CPU) tells less than what is known already. */
const WIDEST_NS = 20_000;
/** Offsets of the past that are kept: of messages that were under way so many {@link WallClock.resync}s ago. */
const REMEMBERED = 10;

/**
 * Reads the monotonic clock and adds its offset to the time of day.
 *
 * `performance.timeOrigin` has an error of 2 to 11 µs, other in each process; here the
 * offset is found by watching `Date.now()` tick over, between two reads of the monotonic clock: an error below 0.1 µs.
 */
export function openWallClock(source: TimeSource = real): WallClock {
  let { offsetUs } = findOffset(source, EDGES);
  const steadyUs = () => Number(source.monotonic()) / 1_000;
  /** Offsets that held until then, the latest first. */
  const earlier: { untilUs: number; offsetUs: number }[] = [];
  return {
    nowUs: () => steadyUs() + offsetUs,
    resync: () => {
      const found = findOffset(source, RESYNC_EDGES);
      if (found.widthNs > WIDEST_NS) return 0;
      const change = found.offsetUs - offsetUs;
      earlier.unshift({ untilUs: steadyUs(), offsetUs });
      earlier.length = Math.min(earlier.length, REMEMBERED);
      offsetUs = found.offsetUs;
      return change;
    },
    steadyUs,
    steadyAt: (wallUs) => {
      let at = wallUs - offsetUs;
      for (const each of earlier) {
        if (at >= each.untilUs) break;
        at = wallUs - each.offsetUs;
      }
      return at;
    },
  };
}

/** The narrowest of some edges, each of which takes 1 ms at the most. */
function findOffset({ date, monotonic }: TimeSource, edges: number): { offsetUs: number; widthNs: number } {
  let best = { offsetUs: 0, widthNs: Number.POSITIVE_INFINITY };
  for (let edge = 0; edge < edges; edge += 1) {
    // The tick was between two reads of the date, and so between the reads of the other clock around them.
    let from = monotonic();
    const before = date();
    let seen = monotonic();
    let tick = date();
    let to = monotonic();
    while (tick === before) {
      from = seen;
      seen = to;
      tick = date();
      to = monotonic();
    }
    const widthNs = Number(to - from);
    if (widthNs < best.widthNs) best = { offsetUs: tick * 1_000 - Number(from + to) / 2_000, widthNs };
  }
  return best;
}

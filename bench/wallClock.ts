// Time of day in µs, for timestamps that are put into messages and compared across machines.

/** The machine's time of day, µs since 1970, with its monotonic clock. */
export interface WallClock {
  /** µs since 1970. Never goes back between two calls of {@link resync}. */
  nowUs(): number;
  /** Measures the offset again. @returns its change in µs: the drift or step of the machine's clock */
  resync(): number;
  /** Sum of all changes by {@link resync}, µs. {@link nowUs} minus this sum is never stepped, only slewed by the kernel. */
  steppedUs(): number;
  /** The machine's monotonic clock, µs since an arbitrary start, which clock synchronisation never steps. */
  steadyUs(): number;
  /** Converts a time of {@link nowUs} to {@link steadyUs}. A future time is converted with the current offset. */
  steadyAt(wallUs: number): number;
}

/** The clocks that a {@link WallClock} reads. A parameter, so that tests can replace them. */
interface TimeSource {
  /** ms since 1970, whole. */
  date(): number;
  /** ns since an arbitrary start; never goes back. */
  monotonic(): bigint;
}

const real: TimeSource = { date: Date.now, monotonic: process.hrtime.bigint };

/** Number of edges, ticks of the date, from which the offset is measured when the clock is opened. */
const EDGES = 8;
/** Fewer edges for a resync, which blocks the process for up to 1 ms per edge. */
const RESYNC_EDGES = 2;
/** An edge that takes longer is ignored: the thread waited for a CPU, so the current offset is more accurate. */
const WIDEST_NS = 20_000;
/** Number of past offsets that are kept, to convert the times of messages sent before the latest resyncs. */
const KEPT_OFFSETS = 10;

/**
 * Opens a clock that adds a measured offset to the monotonic clock.
 *
 * To measure the offset, it waits until `Date.now()` ticks over between two reads of the monotonic clock. The error is below
 * 0.1 µs; that of `performance.timeOrigin` is 2 to 11 µs, different in each process.
 */
export function openWallClock(source: TimeSource = real): WallClock {
  let { offsetUs } = findOffset(source, EDGES);
  const openedUs = offsetUs;
  const steadyUs = () => Number(source.monotonic()) / 1_000;
  /** Past offsets, the latest first. */
  const earlier: { untilUs: number; offsetUs: number }[] = [];
  return {
    nowUs: () => steadyUs() + offsetUs,
    resync: () => {
      const measured = findOffset(source, RESYNC_EDGES);
      const change = measured.offsetUs - offsetUs;
      // Even a wide edge shows that the date was set, if it was set by more than its width.
      const widest = Math.max(WIDEST_NS, 1_000 * Math.abs(change));
      if (measured.widthNs > widest) return 0;
      earlier.unshift({ untilUs: steadyUs(), offsetUs });
      earlier.length = Math.min(earlier.length, KEPT_OFFSETS);
      offsetUs = measured.offsetUs;
      return change;
    },
    steppedUs: () => offsetUs - openedUs,
    steadyUs,
    steadyAt: (wallUs) => {
      let steady = wallUs - offsetUs;
      for (const each of earlier) {
        if (steady >= each.untilUs) break;
        steady = wallUs - each.offsetUs;
      }
      return steady;
    },
  };
}

/** The offset by the narrowest of several edges. Each edge takes at most 1 ms. */
function findOffset({ date, monotonic }: TimeSource, edges: number): { offsetUs: number; widthNs: number } {
  let best = { offsetUs: 0, widthNs: Number.POSITIVE_INFINITY };
  for (let edge = 0; edge < edges; edge += 1) {
    // The tick happened between two reads of the date, hence between the monotonic reads around them.
    let from = monotonic();
    const before = date();
    let latest = monotonic();
    let tick = date();
    let to = monotonic();
    while (tick === before) {
      from = latest;
      latest = to;
      tick = date();
      to = monotonic();
    }
    const widthNs = Number(to - from);
    if (widthNs < best.widthNs) best = { offsetUs: tick * 1_000 - Number(from + to) / 2_000, widthNs };
  }
  return best;
}

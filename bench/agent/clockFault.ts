// For tests: makes an agent's clock wrong, like faketime(1), to test how runs deal with wrong clocks.
import type { WallClock } from "../wallClock.ts";

/** The environment variable that sets an agent's clock fault, for tests. */
export const CLOCK_FAULT_VARIABLE = "SWARMBENCH_CLOCK_FAULT";

/** By how much a clock is wrong. */
interface ClockFault {
  /** How far the clock is ahead, µs. */
  shiftUs: number;
  /** µs that the clock gains per second. */
  driftPpm: number;
}

/**
 * Parses a clock fault such as "+50ms", "-20ms", "100ppm", or several separated by commas.
 *
 * @throws Error for any other text
 */
export function parseClockFault(text: string): ClockFault {
  const fault = { shiftUs: 0, driftPpm: 0 };
  for (const term of text.split(",")) {
    const [, number, unit] = /^([+-]?\d+(?:\.\d+)?)(us|ms|s|ppm)$/.exec(term.trim()) ?? [];
    if (number === undefined)
      throw new Error(`invalid clock fault "${term}": expected a value such as +50ms or 100ppm`);
    if (unit === "ppm") fault.driftPpm += Number(number);
    else fault.shiftUs += Number(number) * { us: 1, ms: 1e3, s: 1e6 }[unit as "us" | "ms" | "s"];
  }
  return fault;
}

/** Adds a fault to a clock's time of day. Its monotonic time stays correct. */
export function withFault(clock: WallClock, { shiftUs, driftPpm }: ClockFault): WallClock {
  const [startUs, gain] = [clock.nowUs(), 1 + driftPpm / 1e6];
  return {
    ...clock,
    nowUs: () => startUs + shiftUs + (clock.nowUs() - startUs) * gain,
    steadyAt: (wallUs) => clock.steadyAt(startUs + (wallUs - shiftUs - startUs) / gain),
  };
}

// For tests: an agent whose clock is wrong, as by faketime(1), so that what is done about wrong clocks can be shown.
import type { WallClock } from "../wallClock.ts";

export const CLOCK_FAULT_VARIABLE = "SWARMBENCH_CLOCK_FAULT";

export interface ClockFault {
  /** Ahead of the true time by so much. */
  shiftUs: number;
  /** And gains so much in a second, µs. */
  driftPpm: number;
}

/**
 * Such as "+50ms", "-20ms", "100ppm", or several with a comma between them.
 *
 * @throws Error for anything else
 */
export function parseClockFault(text: string): ClockFault {
  const fault = { shiftUs: 0, driftPpm: 0 };
  for (const part of text.split(",")) {
    const [, number, unit] = /^([+-]?\d+(?:\.\d+)?)(us|ms|s|ppm)$/.exec(part.trim()) ?? [];
    if (number === undefined) throw new Error(`no clock fault: "${part}"; expected such as +50ms or 100ppm`);
    if (unit === "ppm") fault.driftPpm += Number(number);
    else fault.shiftUs += Number(number) * { us: 1, ms: 1e3, s: 1e6 }[unit as "us" | "ms" | "s"];
  }
  return fault;
}

/** A clock with a fault; its steady side, the machine's monotonic clock, stays true. */
export function withFault(clock: WallClock, { shiftUs, driftPpm }: ClockFault): WallClock {
  const [startUs, gain] = [clock.nowUs(), 1 + driftPpm / 1e6];
  return {
    ...clock,
    nowUs: () => startUs + shiftUs + (clock.nowUs() - startUs) * gain,
    steadyAt: (wallUs) => clock.steadyAt(startUs + (wallUs - shiftUs - startUs) / gain),
  };
}

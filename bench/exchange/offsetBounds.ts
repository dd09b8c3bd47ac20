// The offset of two clocks and its error bound within a period, from the cells of an exchange (findings.ts).
import { linearRegression } from "simple-statistics";
import { MAX_RATE_PPM } from "./envelope.ts";
import type { OffsetCell } from "./findings.ts";

/** The offset over a period as a straight line: the server's clock minus the client's. */
export interface OffsetLine {
  /** The offset at {@link middleUs}, µs. */
  offsetUs: number;
  /** The middle of the period, µs on the client's clock. */
  middleUs: number;
  /** µs that the server's clock gains per second. */
  driftPpm: number;
  /** The true offset is within ± this of the line during the whole period, regardless of its shape, µs. */
  boundUs: number;
  /** Whether the bounds allow the offset to have followed the line. If not, a clock was stepped or slewed. */
  straight: boolean;
}

/**
 * Bounds of the offset throughout a period, µs. Beyond the exchange they widen by 1.2 ms per second.
 *
 * @returns undefined if there was no answer
 */
export function offsetWithin(
  cells: readonly OffsetCell[],
  fromUs: number,
  toUs: number,
): { lowUs: number; highUs: number } | undefined {
  const covering = cellsOver(cells, fromUs, toUs);
  if (covering.length === 0) return undefined;
  return {
    lowUs: Math.min(...covering.map(({ lowUs }) => lowUs)),
    highUs: Math.max(...covering.map(({ highUs }) => highUs)),
  };
}

/**
 * The line that is closest to the offset in the period from `fromUs` to `toUs`, by least squares.
 *
 * @returns undefined if there was no answer
 */
export function offsetLine(
  cells: readonly OffsetCell[],
  fromUs: number,
  toUs: number,
): OffsetLine | undefined {
  const covering = cellsOver(cells, fromUs, toUs);
  if (covering.length === 0) return undefined;
  const middleUs = (fromUs + toUs) / 2;
  // At a single time there is no slope, even if two cells meet there.
  const { m, b } = linearRegression(
    toUs > fromUs ? pointsOf(covering, middleUs) : pointsOf(covering.slice(0, 1), middleUs),
  );
  const line = { offsetUs: b, middleUs, driftPpm: m };
  return {
    ...line,
    boundUs: Math.max(...covering.map((cell) => furthest(cell, line))),
    straight: covering.every((cell) => {
      const us = offsetAt(line, centre(cell));
      return us >= cell.lowUs && us <= cell.highUs;
    }),
  };
}

/** The middle of each cell: seconds from the middle of the period, and µs. */
function pointsOf(cells: readonly OffsetCell[], middleUs: number): [number, number][] {
  return cells.map((cell) => [(centre(cell) - middleUs) / 1e6, (cell.lowUs + cell.highUs) / 2]);
}

/** The offset at a time on the client's clock, µs. */
export function offsetAt(
  { offsetUs, middleUs, driftPpm }: Pick<OffsetLine, "offsetUs" | "middleUs" | "driftPpm">,
  atUs: number,
): number {
  return offsetUs + (driftPpm * (atUs - middleUs)) / 1e6;
}

const centre = ({ fromUs, toUs }: OffsetCell) => (fromUs + toUs) / 2;

function furthest(cell: OffsetCell, line: Pick<OffsetLine, "offsetUs" | "middleUs" | "driftPpm">): number {
  const ends = [cell.fromUs, cell.toUs].map((atUs) => offsetAt(line, atUs));
  return Math.max(cell.highUs - Math.min(...ends), Math.max(...ends) - cell.lowUs);
}

/** The cells of a period, cut to it, with a widened cell at each end that the exchange does not cover. */
function cellsOver(cells: readonly OffsetCell[], fromUs: number, toUs: number): OffsetCell[] {
  const [first, last] = [cells[0], cells.at(-1)];
  if (!first || !last) return [];
  const inside = cells.filter((cell) => cell.toUs >= fromUs && cell.fromUs <= toUs);
  const cut = inside.map((cell) => ({
    ...cell,
    fromUs: Math.max(fromUs, cell.fromUs),
    toUs: Math.min(toUs, cell.toUs),
  }));
  if (fromUs < first.fromUs) cut.unshift(widened(first, fromUs, Math.min(toUs, first.fromUs)));
  if (toUs > last.toUs) cut.push(widened(last, Math.max(fromUs, last.toUs), toUs));
  return cut;
}

/** A cell for a period outside of the exchange. */
function widened({ lowUs, highUs, ...cell }: OffsetCell, fromUs: number, toUs: number): OffsetCell {
  const distanceUs = Math.max(cell.fromUs - fromUs, toUs - cell.toUs, 0);
  const more = (distanceUs * MAX_RATE_PPM) / 1e6;
  return { fromUs, toUs, lowUs: lowUs - more, highUs: highUs + more };
}

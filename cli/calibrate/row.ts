// Rows of the calibration's table, and the comparisons that they state. Functions without side effects.
import { z } from "zod";
import { formatNumber } from "../../contract/text.ts";

/** A row of the calibration's table. */
export const rowSchema = z.strictObject({
  /** What was done, and what was measured. */
  what: z.string(),
  expected: z.string(),
  measured: z.string(),
  limit: z.string(),
  /** null: the row only states a value, which has no limit. */
  pass: z.boolean().nullable(),
});
/** A row of the calibration's table. */
export type Row = z.output<typeof rowSchema>;

/** A value that must be within an interval around the expected one. A missing value fails. */
export function within(
  what: string,
  value: number | null,
  expected: number,
  tolerance: { below: number; above: number },
  unit = " ms",
): Row {
  const { below, above } = tolerance;
  const show = (number: number) => `${formatNumber3(number)}${unit}`;
  return {
    what,
    expected: show(expected),
    measured: value === null ? "-" : show(value),
    limit:
      below === above
        ? `± ${show(above)}`
        : `${show(Math.max(0, expected - below))} to ${show(expected + above)}`,
    pass: value !== null && value >= expected - below && value <= expected + above,
  };
}

/** A count that must be equal to the expected one. */
export function exactly(what: string, value: number | undefined, expected: number): Row {
  return {
    what,
    expected: String(expected),
    measured: String(value ?? "-"),
    limit: "exact",
    pass: value === expected,
  };
}

/** A value that must not exceed a limit. */
export function atMost(what: string, value: number, limit: number, expected: string, unit = ""): Row {
  const show = (number: number) => `${formatNumber3(number)}${unit}`;
  return { what, expected, measured: show(value), limit: `<= ${show(limit)}`, pass: value <= limit };
}

/** A statement that must hold. */
export function holds(what: string, pass: boolean, expected: string, measured: string): Row {
  return { what, expected, measured, limit: "must hold", pass };
}

/** A value that is only stated. */
export function stated(what: string, measured: string): Row {
  return { what, expected: "-", measured, limit: "stated", pass: null };
}

/** A check that could not be run, which counts as failed. */
export function notDone(what: string, reason: string): Row {
  return { what, expected: "check runs", measured: reason, limit: "-", pass: false };
}

/** Three significant digits instead of the two of {@link formatNumber}, so that differences of 3 % are visible. */
export function formatNumber3(value: number): string {
  return Math.abs(value) >= 1_000 ? formatNumber(value) : String(Number(value.toPrecision(3)));
}

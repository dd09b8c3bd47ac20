// One line of the calibration's table, and the comparisons that make one: plain functions.
import { z } from "zod";
import { formatNumber } from "../../contract/text.ts";

export const rowSchema = z.strictObject({
  /** What was done. */
  what: z.string(),
  expected: z.string(),
  measured: z.string(),
  limit: z.string(),
  /** null: stated, with nothing to keep to. */
  pass: z.boolean().nullable(),
});
export type Row = z.output<typeof rowSchema>;

/** A figure that must be within an interval around what is expected. */
export function within(
  what: string,
  value: number | null,
  expected: number,
  tolerance: { below: number; above: number },
  unit = " ms",
): Row {
  const { below, above } = tolerance;
  const show = (number: number) => `${figure3(number)}${unit}`;
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

/** A count that must be exactly so. */
export function exactly(what: string, value: number | undefined, expected: number): Row {
  return {
    what,
    expected: String(expected),
    measured: String(value ?? "-"),
    limit: "exact",
    pass: value === expected,
  };
}

/** A figure that must not be above a limit. */
export function atMost(what: string, value: number, limit: number, expected: string, unit = ""): Row {
  const show = (number: number) => `${figure3(number)}${unit}`;
  return { what, expected, measured: show(value), limit: `<= ${show(limit)}`, pass: value <= limit };
}

/** What must be so. */
export function holds(what: string, pass: boolean, expected: string, measured: string): Row {
  return { what, expected, measured, limit: "must hold", pass };
}

/** What is only told. */
export function stated(what: string, measured: string): Row {
  return { what, expected: "-", measured, limit: "stated", pass: null };
}

/** What could not be carried out has not passed. */
export function notDone(what: string, why: string): Row {
  return { what, expected: "carried out", measured: why, limit: "-", pass: false };
}

/** Three digits, where {@link formatNumber} has two: differences of 3 % are to be seen. */
export function figure3(value: number): string {
  return Math.abs(value) >= 1_000 ? formatNumber(value) : String(Number(value.toPrecision(3)));
}

// Statistics of plain numbers.
import { median } from "simple-statistics";

/** The median of the values that are there; null: none is. */
export function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? median(known) : null;
}

import { median } from "simple-statistics";

/** The median of the values that are not null; null if there are none. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length > 0 ? median(numbers) : null;
}

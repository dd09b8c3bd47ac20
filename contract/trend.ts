/** The slope of the least-squares line through values at 0, 1, 2, …; in units of the values per place. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const products = values.reduce((sum, value, at) => sum + (at - middle) * value, 0);
  const squares = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  return products / squares;
}

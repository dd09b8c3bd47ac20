/** The slope of the least-squares line through values at 0, 1, 2, …: the change from one value to the next. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const products = values.reduce((sum, value, index) => sum + (index - middle) * value, 0);
  const squares = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return products / squares;
}

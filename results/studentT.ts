// Student's t distribution.
import { gammaln } from "simple-statistics";

const MOST_TERMS = 300;
const PRECISION = 1e-14;
const TINY = 1e-300;
const QUANTILE_PRECISION = 1e-8;

/**
 * The cumulative distribution function of Student's t, by the regularised incomplete beta function.
 *
 * @param df degrees of freedom; may be a fraction
 */
export function studentCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** Probability of a t at least this far from zero, in either direction. */
export function twoSidedP(t: number, df: number): number {
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/** The quantile: the t that is not exceeded with this probability, from 0 to 1 (exclusive). Found by bisection. */
export function studentQuantile(probability: number, df: number): number {
  let high = 1;
  while (studentCdf(high, df) < Math.max(probability, 1 - probability)) high *= 2;
  let low = -high;
  while (high - low > QUANTILE_PRECISION) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, df) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun, 26.5.8), evaluated
 * with the modified method of Lentz (Thompson and Barnett, J. Comput. Phys. 64, 1986).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side; the other side follows by symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = a * Math.log(x) + b * Math.log1p(-x) + gammaln(a + b) - gammaln(a) - gammaln(b);
  return (Math.exp(front) / a) * continuedFraction(x, a, b);
}

function continuedFraction(x: number, a: number, b: number): number {
  const nonZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let [c, d] = [1, 1 / nonZero(1 - ((a + b) * x) / (a + 1))];
  let result = d;
  for (let m = 1; m <= MOST_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / nonZero(1 + term * d);
      c = nonZero(1 + term / c);
      result *= c * d;
    }
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return result;
}

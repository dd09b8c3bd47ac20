// Which of several values differ between two sides, with one error rate for all of them.
import { mean, sampleVariance } from "simple-statistics";
import { studentQuantile, twoSidedP } from "../studentT.ts";

/** With fewer steps per side, a value is not tested. */
export const LEAST_STEPS = 5;
/** Probability, over all values together, that anything is called different although nothing differs. */
export const ERROR_RATE = 0.05;
/** Power of the test at the smallest detectable difference, which outcomes state. */
export const POWER = 0.8;
/** Standard error of the logarithm of a latency from a histogram with three significant digits. */
const RESOLUTION = 0.0005;

/** One compared value: a latency of each step, or a knee of each search. */
export interface Sample {
  name: string;
  a: readonly number[];
  b: readonly number[];
}

/** The result of the test for one value. */
export interface Outcome {
  name: string;
  /** Geometric means of both sides. */
  means: [number, number];
  counts: [number, number];
  /** Adjusted for the number of tested values (Holm): at most the error rate if they differ. null: not tested */
  p: number | null;
  differs: boolean;
  /** The smallest increase of b over a that would have been found with a power of 0.8, as a share. null: not tested */
  detectable: number | null;
}

/**
 * Tests each value with Welch's t-test on logarithms (Biometrika 34, 1947), so that a difference is a factor and one slow
 * step does not outweigh the others. The error rate holds for all values together (Holm, Scandinavian Journal of Statistics
 * 6, 1979). A value with fewer than five steps per side, or with a sample that is not above zero, is not
 * tested.
 *
 * @param errorRate default: 0.05
 */
export function testDifferences(samples: readonly Sample[], errorRate = ERROR_RATE): Outcome[] {
  const tests = samples.map((sample) => (isTestable(sample) ? welch(sample) : null));
  const adjusted = holm(tests.map((test) => test?.p ?? null));
  const tested = tests.filter((test) => test !== null).length;
  return samples.map(({ name, a, b }, index) => {
    const [test, p] = [tests[index] ?? null, adjusted[index] ?? null];
    return {
      name,
      means: [geometricMean(a), geometricMean(b)],
      counts: [a.length, b.length],
      p,
      differs: p !== null && p <= errorRate,
      detectable: test ? detectableShare(test, errorRate / tested) : null,
    };
  });
}

function isTestable({ a, b }: Sample): boolean {
  return Math.min(a.length, b.length) >= LEAST_STEPS && [...a, ...b].every((value) => value > 0);
}

interface Welch {
  p: number;
  standardError: number;
  df: number;
}

function welch({ a, b }: Sample): Welch {
  const [x, y] = [a.map(Math.log), b.map(Math.log)];
  const varianceOfMean = (values: number[]) => (sampleVariance(values) + RESOLUTION ** 2) / values.length;
  const [varX, varY] = [varianceOfMean(x), varianceOfMean(y)];
  const standardError = Math.sqrt(varX + varY);
  // Degrees of freedom by Welch and Satterthwaite.
  const df = (varX + varY) ** 2 / (varX ** 2 / (x.length - 1) + varY ** 2 / (y.length - 1));
  return { p: twoSidedP((mean(y) - mean(x)) / standardError, df), standardError, df };
}

/** Uses the sum of both quantiles of t, which is close to the exact noncentral t for five or more steps per side. */
function detectableShare({ standardError, df }: Welch, errorRate: number): number {
  const quantiles = studentQuantile(1 - errorRate / 2, df) + studentQuantile(POWER, df);
  return Math.expm1(quantiles * standardError);
}

/** The p values adjusted by Holm's method, in the same order; null stays null. */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const tested = values.flatMap((p, index) => (p === null ? [] : [{ p, index }]));
  const adjusted: (number | null)[] = values.map(() => null);
  let most = 0;
  for (const [rank, { p, index }] of tested.toSorted((a, b) => a.p - b.p).entries()) {
    most = Math.max(most, Math.min(1, p * (tested.length - rank)));
    adjusted[index] = most;
  }
  return adjusted;
}

/** The geometric mean; the arithmetic mean if a value is not above zero. */
function geometricMean(values: readonly number[]): number {
  if (values.every((value) => value > 0)) return Math.exp(mean(values.map(Math.log)));
  return mean([...values]);
}

// The credible interval of a limit, from all trials.
import type { Evidence } from "./evidence.ts";

/** Number of points of the grid of limits, from below the smallest to above the largest value that was tried. */
const GRID = 400;
/**
 * How steeply the probability of meeting the SLO falls around the limit: 10 % beyond it, the probability is 27 % (slope 10)
 * to less than 0.1 % (slope 80). The slope is unknown, so all have the same weight.
 */
const SLOPES = [10, 20, 40, 80];
/** Probability that a trial has the opposite result whatever the value, such as because of a garbage collection pause. */
const LAPSE = 0.04;

/**
 * The credible interval of the value that meets the SLO in half of all trials: Bayes' rule on a grid of limits that is even
 * in their logarithm, with a logistic response and lapses (the model of adaptive psychophysics: Watson and Pelli, "QUEST",
 * Perception & Psychophysics 33, 1983).
 *
 * @param range smallest and largest limit of the grid
 * @param confidence probability that the interval contains the limit, from 0 to 1
 */
export function credibleInterval(
  evidence: readonly Evidence[],
  range: [number, number],
  confidence: number,
): [number, number] {
  const [from, to] = range;
  const step = Math.log(to / from) / (GRID - 1);
  const limits = Array.from({ length: GRID }, (_, index) => Math.log(from) + index * step);
  const weights = limits.map((limit) =>
    SLOPES.reduce((sum, slope) => sum + likelihood(evidence, limit, slope), 0),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const quantile = (share: number) => {
    let sum = 0;
    const index = weights.findIndex((weight) => {
      sum += weight;
      return sum >= share * total;
    });
    return Math.exp(limits[index] as number);
  };
  return [quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)];
}

function likelihood(evidence: readonly Evidence[], limit: number, slope: number): number {
  return evidence.reduce((product, { value, met, missed }) => {
    const logistic = 1 / (1 + Math.exp(-slope * (limit - Math.log(value))));
    const chance = LAPSE + (1 - 2 * LAPSE) * logistic;
    return product * chance ** met * (1 - chance) ** missed;
  }, 1);
}

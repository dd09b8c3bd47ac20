// How sure a limit is: an interval from all trials.
import type { Evidence } from "./evidence.ts";

/** Points of the grid of limits, from below the least to above the largest value that was tried. */
const GRID = 400;
/**
 * How steeply the chance to meet the SLO falls around the limit: a value 10 % beyond it is met with a chance of 27 %
 * (slope 10) to less than 0.1 % (slope 80). Which it is, is not known, so each counts the same.
 */
const SLOPES = [10, 20, 40, 80];
/** Chance that a trial tells the contrary, whatever the value: a pause of the collector, a neighbour. */
const LAPSE = 0.04;

/**
 * The credible interval of the value that meets the SLO in half of all trials: Bayes' rule on a grid of limits, evenly in
 * their logarithm, with a logistic response and lapses (the model of adaptive psychophysics: Watson and Pelli, "QUEST",
 * Perception & Psychophysics 33, 1983).
 */
export function credibleInterval(
  evidence: readonly Evidence[],
  [from, to]: [number, number],
  confidence: number,
): [number, number] {
  const step = Math.log(to / from) / (GRID - 1);
  const limits = Array.from({ length: GRID }, (_, at) => Math.log(from) + at * step);
  const weights = limits.map((limit) =>
    SLOPES.reduce((sum, slope) => sum + likelihood(evidence, limit, slope), 0),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const at = (share: number) => {
    let sum = 0;
    const index = weights.findIndex((weight) => {
      sum += weight;
      return sum >= share * total;
    });
    return Math.exp(limits[index] as number);
  };
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}

function likelihood(evidence: readonly Evidence[], limit: number, slope: number): number {
  return evidence.reduce((product, { value, met, missed }) => {
    const logistic = 1 / (1 + Math.exp(-slope * (limit - Math.log(value))));
    const chance = LAPSE + (1 - 2 * LAPSE) * logistic;
    return product * chance ** met * (1 - chance) ** missed;
  }, 1);
}

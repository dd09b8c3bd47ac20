// What is known about the limit: a posterior distribution on a grid, from all trials of a search.

/** One trial that met or missed the SLO. */
export interface Outcome {
  value: number;
  met: boolean;
  /** Number of later trials. The limit may have drifted since. */
  age: number;
}

/** Points of the grids of limits, which are evenly spaced in their logarithm: coarse over the whole range, fine where the limit lies. */
const COARSE = 80;
const FINE = 160;
/** Probability beyond either end of the fine grid. */
const OUTSIDE = 1e-4;
/** Limits with a smaller probability are skipped. */
const NEGLIGIBLE = 1e-9;
/**
 * How steeply the chance to meet the SLO falls around the limit: a value 10 % beyond it is met with a chance of 38 %
 * (slope 5) to less than 0.1 % (slope 80).
 */
const SLOPES = [
  { slope: 2.5, prior: 0.1 },
  { slope: 5, prior: 0.25 },
  { slope: 10, prior: 0.25 },
  { slope: 20, prior: 0.2 },
  { slope: 40, prior: 0.12 },
  { slope: 80, prior: 0.08 },
] as const;
/** Chance that a trial has the opposite outcome at any value, for example because of a garbage collection or a noisy neighbour. */
const LAPSES = [
  { lapse: 0.01, prior: 0.5 },
  { lapse: 0.05, prior: 0.35 },
  { lapse: 0.12, prior: 0.15 },
] as const;
/** Growth of the logarithm of the limit from one trial to the next: 0.015 is 30 % in 20 trials. */
const DRIFTS = [
  { drift: -0.015, prior: 0.1 },
  { drift: -0.0075, prior: 0.1 },
  { drift: 0, prior: 0.6 },
  { drift: 0.0075, prior: 0.1 },
  { drift: 0.015, prior: 0.1 },
] as const;

/** Largest argument of exp, to avoid overflow. */
const MOST_EXPONENT = 600;

/**
 * The distribution of the current limit: the value that meets the SLO in half of all trials. Bayes' rule on a grid
 * of limit, slope, lapse and drift, with a logistic response (adaptive psychophysics: Watson and Pelli, "QUEST",
 * Perception & Psychophysics 33, 1983; Kontsevich and Tyler, Vision Research 39, 1999).
 */
export class Posterior {
  private readonly points: number;
  /** Logarithm of the smallest limit of the grid. */
  private readonly first: number;
  /** Distance of two neighbouring limits of the grid, in their logarithm. */
  private readonly step: number;
  /** By slope and limit: their joint probability, normalised, and the mean lapse given both. */
  private readonly weights: Float64Array[];
  private readonly lapses: Float64Array[];
  /** Probability of each limit. */
  private readonly marginal: Float64Array;

  /** The posterior after these outcomes. @param range smallest and largest possible limit */
  static of(outcomes: readonly Outcome[], range: readonly [number, number]): Posterior {
    const coarse = new Posterior(outcomes, range, COARSE);
    const margin = Math.exp(2 * coarse.step);
    const low = Math.max(range[0], coarse.quantile(OUTSIDE) / margin);
    const high = Math.min(range[1], coarse.quantile(1 - OUTSIDE) * margin);
    return new Posterior(outcomes, [low, high], FINE);
  }

  private constructor(outcomes: readonly Outcome[], [from, to]: readonly [number, number], points: number) {
    this.points = points;
    this.first = Math.log(from);
    this.step = Math.log(to / from) / (points - 1);
    this.weights = SLOPES.map(() => new Float64Array(points));
    this.lapses = SLOPES.map(() => new Float64Array(points));
    const likelihoods = LAPSES.map(() => new Float64Array(points));
    const chances = new Float64Array(points);
    for (const [index, { slope, prior }] of SLOPES.entries()) {
      for (const each of DRIFTS) {
        for (const [position, lapse] of LAPSES.entries())
          likelihoods[position]?.fill(prior * each.prior * lapse.prior);
        for (const { value, met, age } of outcomes) {
          this.logistic(slope, Math.log(value) + each.drift * age, chances);
          for (const [position, { lapse }] of LAPSES.entries())
            multiply(
              likelihoods[position] as Float64Array,
              chances,
              met ? lapse : 1 - lapse,
              met ? 1 - lapse : lapse,
            );
        }
        this.add(index, likelihoods);
      }
    }
    this.marginal = this.normalise();
  }

  /** Adds the likelihoods of one slope and drift, which are those of each lapse. */
  private add(index: number, likelihoods: readonly Float64Array[]): void {
    const [weights, lapses] = [this.weights[index] as Float64Array, this.lapses[index] as Float64Array];
    for (const [position, { lapse }] of LAPSES.entries()) {
      const likelihood = likelihoods[position] as Float64Array;
      for (let limit = 0; limit < this.points; limit += 1) {
        const weight = likelihood[limit] as number;
        weights[limit] = (weights[limit] as number) + weight;
        lapses[limit] = (lapses[limit] as number) + lapse * weight;
      }
    }
  }

  /** For each limit of the grid: the chance that a value meets the SLO, without lapses. @param chances gets them */
  private logistic(slope: number, logValue: number, chances: Float64Array): void {
    // The odds exp(slope * (value - limit)) are a geometric sequence; where they overflow, the chance is 0.
    const exponent = slope * (logValue - this.first);
    const start = Math.max(0, Math.ceil((exponent - MOST_EXPONENT) / (slope * this.step)));
    const ratio = Math.exp(-slope * this.step);
    let odds = Math.exp(exponent - slope * start * this.step);
    chances.fill(0, 0, start);
    for (let limit = start; limit < this.points; limit += 1) {
      chances[limit] = 1 / (1 + odds);
      odds *= ratio;
    }
  }

  private normalise(): Float64Array {
    const marginal = new Float64Array(this.points);
    let total = 0;
    for (const weights of this.weights) for (const weight of weights) total += weight;
    for (const [index, weights] of this.weights.entries()) {
      const lapses = this.lapses[index] as Float64Array;
      for (let limit = 0; limit < this.points; limit += 1) {
        const weight = num(weights, limit);
        lapses[limit] = weight > 0 ? num(lapses, limit) / weight : 0;
        weights[limit] = weight / total;
        marginal[limit] = num(marginal, limit) + weight / total;
      }
    }
    return marginal;
  }

  /** The value that the limit does not exceed with this probability. */
  quantile(probability: number): number {
    let sum = 0;
    for (let limit = 0; limit < this.points; limit += 1) {
      const weight = num(this.marginal, limit);
      if (sum + weight >= probability) {
        const within = weight > 0 ? (probability - sum) / weight : 0;
        return Math.exp(this.first + (limit - 0.5 + within) * this.step);
      }
      sum += weight;
    }
    return Math.exp(this.first + (this.points - 1) * this.step);
  }

  /** The chance that the limit is at least this value. */
  chanceAbove(value: number): number {
    let sum = 0;
    const index = (Math.log(value) - this.first) / this.step;
    for (let limit = 0; limit < this.points; limit += 1) if (limit >= index) sum += num(this.marginal, limit);
    return sum;
  }

  /** The chance that a trial of this value meets the SLO. */
  chanceToMeet(value: number): number {
    return this.responses(value).reduce((sum, met) => sum + met, 0);
  }

  /** Expected information that a trial of this value gives about the limit, in nats: Lindley, Annals of Mathematical Statistics 27, 1956. */
  information(value: number): number {
    const responses = this.responses(value);
    let [chance, conditional] = [0, 0];
    for (let limit = 0; limit < this.points; limit += 1) {
      const [weight, met] = [num(this.marginal, limit), num(responses, limit)];
      if (weight < NEGLIGIBLE) continue;
      chance += met;
      conditional += weight * entropy(met / weight);
    }
    return entropy(chance) - conditional;
  }

  /** By limit: the joint probability that it is the true one and that a trial of this value meets the SLO. */
  private responses(value: number): Float64Array {
    const met = new Float64Array(this.points);
    const chances = new Float64Array(this.points);
    for (const [index, { slope }] of SLOPES.entries()) {
      const [weights, lapses] = [this.weights[index] as Float64Array, this.lapses[index] as Float64Array];
      this.logistic(slope, Math.log(value), chances);
      for (let limit = 0; limit < this.points; limit += 1) {
        const lapse = num(lapses, limit);
        met[limit] = num(met, limit) + num(weights, limit) * (lapse + (1 - 2 * lapse) * num(chances, limit));
      }
    }
    return met;
  }
}

/** Multiplies each likelihood by a chance between `none`, where `chances` is 0, and `all`, where it is 1. */
function multiply(likelihood: Float64Array, chances: Float64Array, none: number, all: number): void {
  const gain = all - none;
  for (let limit = 0; limit < likelihood.length; limit += 1) {
    likelihood[limit] = (likelihood[limit] as number) * (none + gain * (chances[limit] as number));
  }
}

const num = (values: Float64Array, index: number) => values[index] as number;

function entropy(chance: number): number {
  if (chance <= 0 || chance >= 1) return 0;
  return -chance * Math.log(chance) - (1 - chance) * Math.log(1 - chance);
}

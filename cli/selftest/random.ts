import type { Random } from "../../bench/load/random.ts";

/** A standard normal number, by the method of Box and Muller (Annals of Mathematical Statistics 29, 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** An exponential number with mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random());
}

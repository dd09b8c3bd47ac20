// The keys of messages. A message's key, if it has one, decides its partition.
import type { Keys } from "../../contract/workload.ts";
import type { Random } from "./random.ts";

/** A function that returns the key of the next message; undefined: it has none. */
export function keysOf(keys: Keys, random: Random): () => Buffer | undefined {
  if (keys === "none") return () => undefined;
  const number = numbersOf(keys, random);
  return () => Buffer.from(`key-${number()}`);
}

/** Numbers from 0 to below the count. */
function numbersOf(keys: Exclude<Keys, "none">, random: Random): () => number {
  if ("uniform" in keys) return () => Math.floor(random() * keys.uniform);
  if ("zipf" in keys) {
    const rank = zipf(keys.zipf.count, keys.zipf.exponent, random);
    return () => rank() - 1;
  }
  // Producers start at different keys; otherwise all would send the same key at about the same time.
  let next = Math.floor(random() * keys.roundRobin);
  return () => {
    const now = next;
    next = (next + 1) % keys.roundRobin;
    return now;
  };
}

/**
 * A generator of ranks from 1 to `count`, rank r with a probability proportional to 1/r^exponent. It is exact and needs no
 * table.
 *
 * Rejection-inversion: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", ACM TOMACS 6 (1996), as implemented in Apache Commons RNG.
 */
export function zipf(count: number, exponent: number, random: Random): () => number {
  const h = (x: number) => Math.exp(-exponent * Math.log(x));
  const integral = (x: number) => {
    const log = Math.log(x);
    return expm1Over((1 - exponent) * log) * log;
  };
  const inverse = (x: number) => {
    const t = Math.max(-1, x * (1 - exponent));
    return Math.exp(log1pOver(t) * x);
  };
  const [first, last] = [integral(1.5) - 1, integral(count + 0.5)];
  const squeeze = 2 - inverse(integral(2.5) - h(2));
  return () => {
    for (;;) {
      const u = last + random() * (first - last);
      const x = inverse(u);
      const rank = Math.min(count, Math.max(1, Math.round(x)));
      if (rank - x <= squeeze || u >= integral(rank + 0.5) - h(rank)) return rank;
    }
  };
}

/** ln(1 + x) / x, and its limit at 0. */
function log1pOver(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (0.5 - x * (1 / 3 - 0.25 * x));
}

/** (e^x - 1) / x, and its limit at 0. */
function expm1Over(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + x * 0.5 * (1 + (x / 3) * (1 + 0.25 * x));
}

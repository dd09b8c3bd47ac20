// How numbers are written that only results have.
import type { PairRtt } from "../contract/network.ts";
import { formatNumber } from "../contract/text.ts";

/** The sentence with its first letter as a capital. */
export const capital = (sentence: string) => `${sentence[0]?.toUpperCase()}${sentence.slice(1)}`;

/** "+2.9", "-0.4" */
export const signed = (value: number) => `${value > 0 ? "+" : ""}${formatNumber(value)}`;

/** "940 Mbit/s" */
export function bitRate(bitPerSec: number | null): string {
  if (bitPerSec === null) return "-";
  return bitPerSec >= 1e9
    ? `${formatNumber(bitPerSec / 1e9)} Gbit/s`
    : `${formatNumber(bitPerSec / 1e6)} Mbit/s`;
}

/** "0 %", "0.5 %" */
export function lossText({ sent, lost }: Pick<PairRtt, "sent" | "lost">): string {
  return sent === 0 ? "-" : `${formatNumber((100 * lost) / sent)} %`;
}

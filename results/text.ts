// Formats values that occur only in results.
import type { PairRtt } from "../contract/network.ts";
import { formatNumber } from "../contract/text.ts";

/** The sentence with an initial capital. */
export const capitalize = (sentence: string) => `${sentence[0]?.toUpperCase()}${sentence.slice(1)}`;

/** A number with its sign: "+2.9", "-0.4". */
export const signed = (value: number) => `${value > 0 ? "+" : ""}${formatNumber(value)}`;

/** A bit rate: "940 Mbit/s"; "-" if it is null. */
export function bitRate(bitPerSec: number | null): string {
  if (bitPerSec === null) return "-";
  return bitPerSec >= 1e9
    ? `${formatNumber(bitPerSec / 1e9)} Gbit/s`
    : `${formatNumber(bitPerSec / 1e6)} Mbit/s`;
}

/** The share of lost packets: "0.5 %"; "-" if none was sent. */
export function lossText({ sent, lost }: Pick<PairRtt, "sent" | "lost">): string {
  return sent === 0 ? "-" : `${formatNumber((100 * lost) / sent)} %`;
}

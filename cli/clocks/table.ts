import Table from "cli-table3";
import type { Accuracy } from "./samples.ts";

const NAMES: Record<string, string> = {
  ptpd: "PTP (ptpd)",
  linuxptp: "PTP (linuxptp)",
  chrony: "NTP (chrony)",
};
/** From so many samples on there is a 99th percentile that is not simply the largest. */
const ENOUGH_FOR_P99 = 100;

/** A line for each node and method; times in µs. */
export function accuracyTable(found: readonly Accuracy[]): string {
  const enough = found.every(({ samples }) => samples >= ENOUGH_FOR_P99);
  const tail = enough ? "p99 |offset|" : "max |offset|";
  const table = new Table({
    head: ["node", "method", "samples", "mean", "median", tail, "path delay", "jitter", "state"],
    style: { head: [], border: [] },
  });
  for (const { node, method, samples, state, mean, median, p99, max, pathDelay, jitter } of found) {
    const figures = [mean, median, enough ? p99 : max, pathDelay, jitter].map(micros);
    table.push([node, NAMES[method] ?? method, samples, ...figures, state]);
  }
  return `${table.toString()}\nOffsets to the first node's clock in µs; jitter is their standard deviation.`;
}

const micros = (value: number | undefined) => (value === undefined ? "-" : value.toFixed(1));

import Table from "cli-table3";
import type { Accuracy } from "./samples.ts";

const NAMES: Record<string, string> = {
  ptpd: "PTP (ptpd)",
  linuxptp: "PTP (linuxptp)",
  chrony: "NTP (chrony)",
};
/** With fewer samples, the 99th percentile is the largest sample. */
const ENOUGH_FOR_P99 = 100;

/** A table for the terminal with a line for each node and method. Times in µs. */
export function accuracyTable(accuracies: readonly Accuracy[]): string {
  const enough = accuracies.every(({ samples }) => samples >= ENOUGH_FOR_P99);
  const tail = enough ? "p99 |offset|" : "max |offset|";
  const table = new Table({
    head: ["node", "method", "samples", "mean", "median", tail, "path delay", "jitter", "state"],
    style: { head: [], border: [] },
  });
  for (const { node, method, samples, state, mean, median, p99, max, pathDelay, jitter } of accuracies) {
    const times = [mean, median, enough ? p99 : max, pathDelay, jitter].map(micros);
    table.push([node, NAMES[method] ?? method, samples, ...times, state]);
  }
  return `${table.toString()}\nOffsets from the first node's clock, in µs. Jitter: standard deviation of the offsets.`;
}

const micros = (value: number | undefined) => (value === undefined ? "-" : value.toFixed(1));

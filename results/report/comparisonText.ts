import Table from "cli-table3";
import { type Comparison, letter } from "../compare/comparison.ts";
import type { Difference } from "../compare/difference.ts";
import { sideBySideText } from "../compare/latencyAndNetwork.ts";
import type { TestbedRow } from "../compare/testbeds.ts";
import { kneeSentence } from "../sentences.ts";
import { NOT_INTERLEAVED } from "./comparisonBody.ts";

/** A comparison for the terminal: everything in compare.html but the charts. */
export function comparisonText(comparison: Comparison): string {
  const { runs, conditions, differences, testbeds } = comparison;
  const names = runs.map((_, index) => letter(index));
  const lines = [...comparison.errors, ...comparison.cautions].map((text) => `warning: ${text}`);
  lines.push(...runs.map((run, index) => `${letter(index)}  ${run.run}\n   ${kneeSentence(run)}`));
  lines.push(testbedsText(testbeds, names), "", "conditions that differ:");
  lines.push(...conditions.map(({ what, values }) => `  ${what}: ${values.join(" | ")}`));
  if (conditions.length === 0) lines.push("  none");
  for (const [index, difference] of differences.entries()) {
    lines.push("", `A and ${letter(index + 1)}:`, ...differenceLines(difference));
  }
  if (!comparison.interleaved) lines.push("", NOT_INTERLEAVED);
  return lines.join("\n");
}

function differenceLines(difference: Comparison["differences"][number]): string[] {
  const { knee, latencies, network, latencyAndNetwork } = difference;
  const lines = [knee, ...latencies].filter((each) => each !== undefined).map((each) => `  ${marked(each)}`);
  if (lines.length === 0) lines.push("  the runs have no load in common");
  if (network) lines.push(`  ${marked(network)}`);
  if (latencyAndNetwork.length > 0) lines.push("  latency and network side by side:");
  lines.push(...latencyAndNetwork.map((each) => `    ${sideBySideText(each)}`));
  return lines;
}

const marked = ({ differs, text }: Difference) => `${differs ? "differs" : "cannot tell"}: ${text}`;

function testbedsText(rows: readonly TestbedRow[], names: readonly string[]): string {
  const text = new Table({ head: ["", ...names], style: { head: [], border: [], compact: true } });
  for (const { what, values } of rows) text.push([what, ...values.map((lines) => lines.join("\n"))]);
  return text.toString();
}

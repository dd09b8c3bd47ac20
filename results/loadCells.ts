// The table of a run by load: the same cells in the terminal, in Markdown, in the report and in LaTeX.
import type { Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { CONFIDENCE, type Estimate, LEAST_STEPS_OF_INTERVAL, type Load, loadsOf } from "./loads.ts";

/** Column headings of the table by load. */
export const LOAD_HEADS = [
  "load",
  "n",
  "offered/s",
  "delivered/s",
  "p50, ms",
  "p99, ms",
  "p99.9, ms",
  "lost",
  "verdict",
] as const;

const NONE = "-";

/** What the columns mean, for below the table. */
export const LOAD_NOTES: readonly string[] = [
  "n: steps that say something about the broker; latencies are their geometric means.",
  `Brackets: ${100 * CONFIDENCE} % confidence interval over the steps of a load, by Student's t on logarithms; fewer than ` +
    `${LEAST_STEPS_OF_INTERVAL} steps have none. ${NONE}: not known, because of too few messages or too many that are missing.`,
];

/** A row for each load of a run. */
export function loadRows(run: Run): string[][] {
  return loadsOf(run).map(cells);
}

/** Whether a load was measured more than once, so that the table by load says more than that by step. */
export function hasRepeatedLoad(run: Run): boolean {
  return loadsOf(run).some(({ steps }) => steps.length > 1);
}

function cells(load: Load): string[] {
  const { name, telling, offeredPerSec, deliveredPerSec, p50, p99, p999, lost, verdicts } = load;
  return [
    name,
    String(telling.length),
    ...[offeredPerSec, deliveredPerSec].map(formatNumber),
    ...[p50, p99, p999].map(estimateText),
    telling.length === 0 ? NONE : String(lost),
    verdicts,
  ];
}

/** "5.7 [5.1, 6.4]" */
function estimateText(estimate: Estimate | null): string {
  if (!estimate) return NONE;
  const { mean, interval } = estimate;
  return interval ? `${formatNumber(mean)} [${interval.map(formatNumber).join(", ")}]` : formatNumber(mean);
}

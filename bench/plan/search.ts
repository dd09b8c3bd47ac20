// The search for the knee: it explores where the limit is, then confirms the knee with a long step.
import type { Search, Slo, Workload } from "../../contract/workload.ts";
import { rangeOf } from "./bracket.ts";
import { conclude, type SearchResult } from "./conclude.ts";
import { nextConfirmation, plannedConfirmations } from "./confirm.ts";
import { lowerValue, reaching } from "./descent.ts";
import { evidenceOf, outcomesOf } from "./evidence.ts";
import type { Findings } from "./findings.ts";
import { intervalOf, placeTrial } from "./placement.ts";
import { Posterior } from "./posterior.ts";
import type { Trial } from "./trial.ts";

/** The next trial, or the result of the search. */
type SearchNext = { phase: "search" | "confirm"; value: number } | { done: SearchResult };

/**
 * The next trial, or the result.
 *
 * @param history all trials of the run, in their order
 * @param budgets so many times the limits `maxSteps` and `maxTime` may be used: once for each SLO up to this one
 */
export function nextSearch(
  workload: Workload,
  search: Search,
  slo: Slo,
  history: readonly Trial[],
  budgets = 1,
): SearchNext {
  const findings = findingsOf(workload, search, history);
  if (findings.confirmations.length === 0) {
    const value = nextValue(workload, search, findings);
    if (value !== undefined && !exploringIsOver(search, history, budgets)) return { phase: "search", value };
  }
  const reached = limitReached(search, history, budgets);
  const reach = reaching(workload, search, findings.range);
  const knee = reached === undefined ? nextConfirmation(reach, findings) : undefined;
  if (knee !== undefined) return { phase: "confirm", value: knee };
  const stopped = reached ?? whyExploringEnded(workload, search, history, budgets);
  return { done: conclude(search, slo, findings, stopped) };
}

/** The next value to explore; undefined: the exploration is complete. If no value has met the SLO, the load falls by half. */
function nextValue(
  workload: Workload,
  search: Search,
  { range, posterior }: Pick<Findings, "range" | "posterior">,
): number | undefined {
  const reach = reaching(workload, search, range);
  return lowerValue(range, search.variable, search.from, reach.from) ?? placeTrial(reach, range, posterior);
}

/**
 * What is known of the limit so far: its median, and its interval at the confidence of a knee's.
 *
 * @returns undefined while no trial has met or missed the SLO
 */
export function limitSoFar(
  workload: Workload,
  search: Search,
  history: readonly Trial[],
): { low: number; median: number; high: number } | undefined {
  if (outcomesOf(workload, search.variable, history).length === 0) return undefined;
  const posterior = findingsOf(workload, search, history).posterior();
  const [low, high] = intervalOf(posterior);
  return { low, median: posterior.quantile(0.5), high };
}

/** Which limit ended the exploration early; undefined: it was complete. */
function whyExploringEnded(
  workload: Workload,
  search: Search,
  history: readonly Trial[],
  budgets: number,
): string | undefined {
  const confirming = history.findIndex(({ phase }) => phase === "confirm");
  const explored = confirming < 0 ? history : history.slice(0, confirming);
  return nextValue(workload, search, findingsOf(workload, search, explored)) === undefined
    ? undefined
    : exploringIsOver(search, explored, budgets);
}

function findingsOf(workload: Workload, search: Search, history: readonly Trial[]): Findings {
  const evidence = evidenceOf(workload, search.variable, history);
  const outcomes = outcomesOf(workload, search.variable, history);
  const values = evidence.map(({ value }) => value);
  const limits = [Math.min(search.from, ...values) / 4, Math.max(search.to, ...values) * 2] as const;
  let posterior: Posterior | undefined;
  return {
    range: rangeOf(evidence),
    posterior: () => {
      posterior ??= Posterior.of(outcomes, limits);
      return posterior;
    },
    confirmations: history.filter(({ phase }) => phase === "confirm"),
  };
}

/** Number of remaining trials: those that are certain, and the largest number allowed. */
export function searchLeft(
  workload: Workload,
  search: Search,
  slo: Slo,
  history: readonly Trial[],
  budgets = 1,
): { least: number; most: number } {
  const next = nextSearch(workload, search, slo, history, budgets);
  if ("done" in next) return { least: 0, most: 0 };
  const most = budgets * search.maxSteps - trialsOfSearch(history).length;
  if (next.phase === "confirm") return { least: 1, most };
  const { range, posterior } = findingsOf(workload, search, history);
  // A trial gives at most one bit, which halves the interval.
  const width = range.bad ? widthOf(posterior()) : Math.log(search.to / (range.good?.value ?? search.from));
  const halvings = Math.ceil(Math.log2(Math.max(1, width / (4 * search.tolerance))));
  return { least: Math.min(most, Math.max(1, halvings)), most };
}

function widthOf(posterior: Posterior): number {
  const [low, high] = intervalOf(posterior);
  return Math.log(high / low);
}

function trialsOfSearch(history: readonly Trial[]): Trial[] {
  return history.filter(({ phase }) => phase === "search" || phase === "confirm");
}

/** Which limit of the search is reached; undefined: none. @param reserved steps and seconds that are reserved for later */
function limitReached(
  { maxSteps, maxTime }: Search,
  history: readonly Trial[],
  budgets: number,
  reserved = { steps: 0, seconds: 0 },
): string | undefined {
  const trials = trialsOfSearch(history);
  if (trials.length >= budgets * maxSteps - reserved.steps) return `maxSteps (${maxSteps}) was reached`;
  const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
  return seconds >= budgets * maxTime - reserved.seconds
    ? `maxTime (${timeText(maxTime)}) was reached`
    : undefined;
}

/** Which limit ends the exploration, which leaves steps and time for the confirmation; undefined: none. */
function exploringIsOver(search: Search, history: readonly Trial[], budgets: number): string | undefined {
  const { maxTime, confirm } = search;
  const seconds = 2 * confirm <= maxTime ? confirm : 0;
  return limitReached(search, history, budgets, { steps: plannedConfirmations(search), seconds });
}

function timeText(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

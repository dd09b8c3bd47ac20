/** What the page shows: a run, or several laid over each other. */
export interface Route {
  runs: readonly string[];
  isComparison: boolean;
}

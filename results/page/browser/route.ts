/** What the page shows: a run, or several overlaid. */
export interface Route {
  runs: readonly string[];
  isComparison: boolean;
}

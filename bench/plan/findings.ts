import type { Range } from "./bracket.ts";
import type { Posterior } from "./posterior.ts";
import type { Trial } from "./trial.ts";

/** What the trials of a search have shown so far. */
export interface Findings {
  range: Range;
  /** Computed on the first call. */
  posterior: () => Posterior;
  /** The long steps at the knee, in their order. */
  confirmations: readonly Trial[];
}

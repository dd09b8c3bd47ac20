import type { Harness } from "./harness.ts";
import type { CheckName } from "./questions.ts";
import type { Row } from "./row.ts";

/** A check of the calibration. */
export interface Check {
  name: CheckName;
  /** The sceptic's question that it answers. */
  question: string;
  /** Runs the check and undoes all it did to the stack, also after an error. @throws Error when it could not be run */
  run(harness: Harness, options: CheckOptions): Promise<void>;
}

/** How a check runs. */
export interface CheckOptions {
  /** Fewer rounds: shows whether the check works, not how exact the benchmark is. */
  quick: boolean;
  /** Stores rows of the table as soon as they are known, so that an error later on does not lose them. */
  add(...rows: Row[]): void;
}

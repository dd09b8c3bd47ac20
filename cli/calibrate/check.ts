import type { Harness } from "./harness.ts";
import type { CheckName } from "./questions.ts";
import type { Row } from "./row.ts";

export interface Check {
  name: CheckName;
  /** What a sceptic asks. */
  question: string;
  /** @throws Error where it cannot be carried out; whatever it did to the stack is undone then too */
  run(harness: Harness, options: CheckOptions): Promise<void>;
}

export interface CheckOptions {
  /** Fewer rounds: whether it works, not how well. */
  quick: boolean;
  /** Takes lines of the table as they are found: they are kept, whatever comes. */
  add(...rows: Row[]): void;
}

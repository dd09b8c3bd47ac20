// The record of one fault, built from what the scripts on its nodes report.
import type { FaultRecord } from "../../../contract/faults.ts";
import type { FaultDue } from "../../../contract/result.ts";
import type { Moment } from "./nodeFault.ts";

/** What is known so far about one fault, which hits one broker or several. */
export class FaultProgress {
  private readonly due: FaultDue;
  private readonly begun = new Map<string, Moment>();
  private readonly ends = new Map<string, Moment>();
  private readonly errors: string[] = [];

  constructor(due: FaultDue) {
    this.due = due;
    if (due.error !== null) this.errors.push(due.error);
  }

  began(broker: string, moment: Moment): void {
    this.begun.set(broker, moment);
  }

  ended(broker: string, moment: Moment): void {
    this.ends.set(broker, moment);
  }

  failed(broker: string, text: string): void {
    this.errors.push(`${broker}: ${text}`);
  }

  hasBegun(broker: string): boolean {
    return this.begun.has(broker);
  }

  hasEnded(broker: string): boolean {
    return this.ends.has(broker);
  }

  /** The record so far. @param isOver whether no script of the fault runs any more */
  record(isOver: boolean): FaultRecord {
    const { step, number, fault, target, plannedAtSec, plannedSec, hit } = this.due;
    const moments = [...this.begun.values(), ...this.ends.values()];
    const allEnded = this.ends.size >= (isOver ? Math.max(1, this.begun.size) : hit.length);
    const unseen = isOver && this.begun.size > this.ends.size ? ["its end was not seen"] : [];
    const errors = this.errors.length > 0 ? this.errors : unseen;
    return {
      step,
      number,
      fault,
      target,
      hit: [...this.begun.keys()].sort(),
      plannedAtSec,
      plannedSec,
      startedAt: this.begun.size > 0 ? Math.min(...[...this.begun.values()].map(middle)) : null,
      endedAt: allEnded && this.ends.size > 0 ? Math.max(...[...this.ends.values()].map(middle)) : null,
      uncertainMs: this.begun.size > 0 ? Math.max(...moments.map(halfWidth)) : null,
      error: errors.length > 0 ? errors.join("; ") : null,
    };
  }
}

const middle = ({ fromMs, toMs }: Moment) => (fromMs + toMs) / 2;
const halfWidth = ({ fromMs, toMs }: Moment) => (toMs - fromMs) / 2;

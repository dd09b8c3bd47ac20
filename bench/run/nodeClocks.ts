import type { NodeClock } from "../../contract/network";
import type { ClockStatus } from "../probe/protocol";
import { inOrder } from "./shares";

interface Seen {
  kind: string | null;
  states: Set<string>;
  offsets: number[];
  samples: number;
  /** The time of the last sample: a status that nobody writes any more is none. */
  at: number;
}

/** What the nodes' clocks were seen to be, over a run. */
export class ClockSamples {
  private readonly seen = new Map<string, Seen>();

  add(node: string, status: ClockStatus | null): void {
    const known = this.seen.get(node) ?? { kind: null, states: new Set(), offsets: [], samples: 0, at: 0 };
    this.seen.set(node, known);
    if (!status || status.at <= known.at) return;
    known.kind = status.kind;
    known.states.add(status.state);
    known.samples += 1;
    known.at = status.at;
    if (status.offset_us !== undefined && status.offset_us !== null) known.offsets.push(status.offset_us);
  }

  summary(): NodeClock[] {
    return inOrder(this.seen.keys()).map((node) => {
      const { kind, states, offsets, samples } = this.seen.get(node) as Seen;
      return { node, kind, states: [...states].sort(), samples, offsetUs: summaryOf(offsets) };
    });
  }
}

function summaryOf(values: readonly number[]): NodeClock["offsetUs"] {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? min) + (sorted[Math.ceil(middle)] ?? max)) / 2;
  return { median, min, max };
}

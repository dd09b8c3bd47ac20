import type { NodeClock } from "../../contract/network.ts";
import type { ClockStatus } from "../probe/protocol.ts";
import { inOrder } from "./allocation.ts";

interface Seen {
  kind: string | null;
  states: Set<string>;
  offsets: number[];
  pathDelays: number[];
  samples: number;
  /** The time of the last sample: a status that nobody writes any more is none. */
  at: number;
}

/** What the nodes' clocks were seen to be, over a run. */
export class ClockSamples {
  private readonly seen = new Map<string, Seen>();

  add(node: string, status: ClockStatus | null): void {
    const known = this.seen.get(node) ?? newSeen();
    this.seen.set(node, known);
    if (!status || status.at <= known.at) return;
    // Its first one may be of long ago, by a service that has died since: only one that changes is told.
    const isFirst = known.at === 0;
    known.at = status.at;
    if (isFirst) return;
    known.kind = status.kind;
    known.states.add(status.state);
    known.samples += 1;
    if (isNumber(status.offset_us)) known.offsets.push(status.offset_us);
    if (isNumber(status.path_delay_us)) known.pathDelays.push(status.path_delay_us);
  }

  summary(): NodeClock[] {
    return inOrder(this.seen.keys()).map((node) => {
      const { kind, states, offsets, pathDelays, samples } = this.seen.get(node) as Seen;
      const summaries = { offsetUs: summaryOf(offsets), pathDelayUs: summaryOf(pathDelays) };
      return { node, kind, states: [...states].sort(), samples, ...summaries };
    });
  }
}

function newSeen(): Seen {
  return { kind: null, states: new Set(), offsets: [], pathDelays: [], samples: 0, at: 0 };
}

const isNumber = (value: number | null | undefined): value is number => typeof value === "number";

function summaryOf(values: readonly number[]): NodeClock["offsetUs"] {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? min) + (sorted[Math.ceil(middle)] ?? max)) / 2;
  return { median, min, max };
}

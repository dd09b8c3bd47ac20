import type { NodeClock } from "../../contract/network.ts";
import type { ClockStatus } from "../probe/protocol.ts";
import { inOrder } from "./allocation.ts";

/** The samples of one node's clock. */
interface Samples {
  kind: string | null;
  states: Set<string>;
  offsets: number[];
  pathDelays: number[];
  count: number;
  /** Time of the last status. An unchanged status is not a new sample. */
  at: number;
}

/** Collects the status of the nodes' clocks over a run. */
export class ClockSamples {
  private readonly samples = new Map<string, Samples>();

  /** Adds the status that a node reports; null: it has none. */
  add(node: string, status: ClockStatus | null): void {
    const samples = this.samples.get(node) ?? noSamples();
    this.samples.set(node, samples);
    if (!status || status.at <= samples.at) return;
    // The first status may be old, from a service that has died since. It counts only once it changes.
    const isFirst = samples.at === 0;
    samples.at = status.at;
    if (isFirst) return;
    samples.kind = status.kind;
    samples.states.add(status.state);
    samples.count += 1;
    if (isNumber(status.offset_us)) samples.offsets.push(status.offset_us);
    if (isNumber(status.path_delay_us)) samples.pathDelays.push(status.path_delay_us);
  }

  /** The results so far, one entry per node. */
  summary(): NodeClock[] {
    return inOrder(this.samples.keys()).map((node) => {
      const { kind, states, offsets, pathDelays, count } = this.samples.get(node) as Samples;
      return {
        node,
        kind,
        states: [...states].sort(),
        samples: count,
        offsetUs: summaryOf(offsets),
        pathDelayUs: summaryOf(pathDelays),
      };
    });
  }
}

function noSamples(): Samples {
  return { kind: null, states: new Set(), offsets: [], pathDelays: [], count: 0, at: 0 };
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

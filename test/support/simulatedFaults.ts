import { AckGaps, gapsKept, mergedGaps } from "../../bench/measure/ackGaps.ts";
import type { FaultRecord } from "../../contract/faults.ts";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { MeasuredStep, Second } from "../../contract/result.ts";
import { sampleStep } from "./sampleRun.ts";

/** Start of the simulated load, s since 1970. Its measured time begins 5 s later. */
export const LOAD_START = 1_764_000_000;
const WARM_UP = 5;

/** A simulated broker under an open loop with a constant rate. Times in s since {@link LOAD_START}. */
export interface SimulatedLoad {
  /** Messages per second of all partitions, in turn. */
  rate: number;
  /** Length of the load. After it, all messages are delivered. */
  seconds: number;
  partitions: number;
  /** Messages per second that one partition delivers at most. */
  capacity: number;
  /**
   * When partitions deliver nothing; with an infinite `to` they stay away. `lose`: messages that are due meanwhile are never
   * delivered, but acknowledged at once.
   */
  away: readonly { from: number; to: number; partitions?: readonly number[]; lose?: boolean }[];
  /** Number of producer tasks. @default 1 */
  tasks?: number;
  /** Latency of a message that does not wait. @default 0.003 */
  latency?: number;
}

interface Delivery {
  due: number;
  /** Infinite: never. */
  acked: number;
  delivered: number;
  partition: number;
  task: number;
}

/** A step of this load: its seconds and the gaps between acknowledgements are those that a runner would record. */
export function simulatedStep(load: SimulatedLoad, faults: readonly FaultRecord[]): MeasuredStep {
  const all = deliveriesOf(load);
  return {
    ...sampleStep(1, 10, 2),
    offered: load.rate * (load.seconds - WARM_UP),
    durationSeconds: load.seconds - WARM_UP,
    seconds: secondsOf(load, all),
    ackGaps: gapsOf(load, all),
    faults: [...faults],
  };
}

/** The record of a fault that was executed. @param from s since {@link LOAD_START}. @param to null: not known */
export function simulatedFault(
  from: number,
  to: number | null,
  changes: Partial<FaultRecord> = {},
): FaultRecord {
  return {
    step: 1,
    number: 1,
    fault: "broker-pause",
    target: "broker 1",
    hit: ["broker-1"],
    plannedAtSec: from - WARM_UP,
    plannedSec: to === null ? null : to - from,
    startedAt: 1_000 * (LOAD_START + from),
    endedAt: to === null ? null : 1_000 * (LOAD_START + to),
    uncertainMs: 0,
    error: null,
    ...changes,
  };
}

/** Each partition delivers its messages one after the other, and none while it is away. */
function deliveriesOf({
  rate,
  seconds,
  partitions,
  capacity,
  away,
  tasks = 1,
  latency = 0.003,
}: SimulatedLoad) {
  const freeAt = Array.from({ length: partitions }, () => 0);
  return Array.from({ length: rate * seconds }, (_, index): Delivery => {
    const due = index / rate;
    const partition = index % partitions;
    const task = Math.floor(index / partitions) % tasks;
    const own = away.filter(({ partitions: only }) => only?.includes(partition) ?? true);
    if (own.some(({ from, to, lose }) => lose && due >= from && due < to))
      return { due, acked: due + latency, delivered: Number.POSITIVE_INFINITY, partition, task };
    let begin = Math.max(due, freeAt[partition] as number);
    for (const { from, to } of own) if (begin >= from && begin < to) begin = to;
    freeAt[partition] = begin + 1 / capacity;
    return { due, acked: begin + latency, delivered: begin + latency, partition, task };
  });
}

function gapsOf({ tasks = 1, partitions }: SimulatedLoad, all: readonly Delivery[]) {
  const recorders = Array.from({ length: tasks }, () => new AckGaps(LOAD_START * 1e6, gapsKept(partitions)));
  const answered = all.filter(({ acked }) => Number.isFinite(acked)).sort((a, b) => a.acked - b.acked);
  for (const { due, acked, partition, task } of answered)
    recorders[task]?.add(partition, (LOAD_START + due) * 1e6, (LOAD_START + acked) * 1e6);
  return mergedGaps(recorders.map((recorder) => recorder.all()));
}

function secondsOf({ seconds }: SimulatedLoad, all: readonly Delivery[]): Second[] {
  const times = all.flatMap(({ due, delivered }) => (Number.isFinite(delivered) ? [delivered] : [due]));
  const end = Math.ceil(times.reduce((most, time) => Math.max(most, time), seconds)) + 1;
  const [template] = sampleStep(1, 10, 2).seconds as [Second];
  const rows = Array.from({ length: end }, () => ({ offered: 0, latency: new LatencyHistogram() }));
  for (const { due, delivered } of all) {
    (rows[Math.floor(due)] as (typeof rows)[number]).offered += 1;
    rows[Math.floor(delivered)]?.latency.record((delivered - due) * 1e6);
  }
  let backlog = 0;
  return rows.map(({ offered, latency }, index) => {
    backlog += offered - latency.count;
    return {
      ...template,
      at: LOAD_START + index,
      measured: index >= WARM_UP && index < seconds,
      ...{ offered, sent: offered, acked: latency.count, delivered: latency.count, backlog },
      latencyMs: latency.distribution(),
    };
  });
}

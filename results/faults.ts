// The faults of steps, from the events of a run.
import { announcedRecord, type FaultRecord } from "../contract/faults.ts";
import type { RunEvent, Step } from "../contract/result.ts";

/** The error of a fault that was due while no command followed the run. */
export const NOT_EXECUTED = "it was not executed, because no command followed the run at that moment";

/**
 * The latest record of each fault, by step. Those who execute a fault report its records; the runner only reports that it is
 * due. When a step starts again, in a resumed run, its earlier records no longer count.
 */
export function faultsByStep(events: readonly RunEvent[]): Map<number, FaultRecord[]> {
  const all = new Map<number, Map<number, FaultRecord>>();
  const ended = new Set<number>();
  for (const event of events) {
    if (event.event === "step-started") {
      all.delete(event.step);
      ended.delete(event.step);
    } else if (event.event === "step") ended.add(event.result.step);
    else if (event.event === "fault-due") {
      if (!all.get(event.step)?.has(event.number)) put(all, announcedRecord(event));
    } else if (event.event === "fault") put(all, event.record);
  }
  return new Map(
    [...all].map(([step, records]) => {
      const inOrder = [...records.values()].sort((a, b) => a.number - b.number);
      return [step, ended.has(step) ? inOrder.map(executedOrNot) : inOrder];
    }),
  );
}

/** The steps with their faults. */
export function withFaults(steps: readonly Step[], events: readonly RunEvent[]): Step[] {
  const faults = faultsByStep(events);
  return steps.map((step) => {
    const own = faults.get(step.step);
    return own ? { ...step, faults: own } : step;
  });
}

function put(all: Map<number, Map<number, FaultRecord>>, record: FaultRecord): void {
  const records = all.get(record.step) ?? new Map<number, FaultRecord>();
  records.set(record.number, record);
  all.set(record.step, records);
}

function executedOrNot(record: FaultRecord): FaultRecord {
  return record.startedAt === null && record.error === null ? { ...record, error: NOT_EXECUTED } : record;
}

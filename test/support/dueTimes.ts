import { scheduleOfProducer } from "../../bench/load/schedule.ts";
import type { DueTimes } from "../../bench/measure/deviatingSeconds.ts";

/** A load of 10 messages per second and producer that begins at 100.25 s and lasts for 30 s. */
export function dueTimes(changes: Partial<DueTimes> = {}): DueTimes {
  const workload = { producers: 4, rate: 10, arrival: "constant" } as const;
  return { workload, seed: 1, step: 1, startUs: 100.25e6, endUs: 130.25e6, ...changes };
}

/** The intended times of the first messages of a producer, µs since 1970. */
export function intendedTimes(due: DueTimes, producer: number, count: number): number[] {
  const schedule = scheduleOfProducer(due, producer);
  return Array.from({ length: count }, () => due.startUs + schedule.next());
}

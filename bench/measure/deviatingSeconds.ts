// Counts the deviations of a log by the second in which their messages were due.
import type { DeviatingSecond } from "../../contract/logCheck.ts";
import { type ScheduledLoad, scheduleOfProducer } from "../load/schedule.ts";

/** When the messages of a step were due. */
export interface DueTimes extends ScheduledLoad {
  /** When the schedules began, µs since 1970. */
  startUs: number;
  /** No message was due at or after this, µs since 1970. */
  endUs: number;
}

type Kind = Exclude<keyof DeviatingSecond, "at">;
const KINDS: readonly Kind[] = ["missing", "unacked", "duplicated", "reordered"];

/** Largest number of listed seconds. */
const MOST_LISTED = 1_000;

/** Deviations by second. Its memory: 16 bytes for each second of the load. */
export class DeviatingSeconds {
  private readonly counts: Readonly<Record<Kind, Uint32Array>>;
  private readonly due: DueTimes;
  private readonly firstSec: number;

  constructor(due: DueTimes) {
    this.due = due;
    this.firstSec = Math.floor(due.startUs / 1e6);
    const length = Math.max(1, Math.ceil(due.endUs / 1e6) - this.firstSec);
    const zeros = () => new Uint32Array(length);
    this.counts = { missing: zeros(), unacked: zeros(), duplicated: zeros(), reordered: zeros() };
  }

  /** Counts a message. A time outside the load, which only a forged message has, counts as the load's first or last second. */
  add(kind: Kind, dueUs: number): void {
    const counts = this.counts[kind];
    const second = Math.floor(dueUs / 1e6) - this.firstSec || 0; // a forged time may be NaN
    const index = Math.min(Math.max(0, second), counts.length - 1);
    counts[index] = (counts[index] as number) + 1;
  }

  /** Counts the messages of a producer that are missing. The log does not have their times: the schedule tells them exactly. */
  addMissing(producer: number, sent: number, isMissing: (sequence: number) => boolean): void {
    const schedule = scheduleOfProducer(this.due, producer);
    for (let sequence = 0; sequence < sent; sequence += 1) {
      const dueUs = this.due.startUs + schedule.next();
      if (isMissing(sequence)) this.add("missing", dueUs);
    }
  }

  /** The seconds with the most deviations in ascending order, and how many others have some. */
  list(): { bySecond: DeviatingSecond[]; bySecondLeftOut: number } {
    const { missing, unacked, duplicated, reordered } = this.counts;
    const deviating: DeviatingSecond[] = [];
    for (const index of missing.keys()) {
      const second: DeviatingSecond = {
        at: this.firstSec + index,
        missing: missing[index] as number,
        unacked: unacked[index] as number,
        duplicated: duplicated[index] as number,
        reordered: reordered[index] as number,
      };
      if (sumOf(second) > 0) deviating.push(second);
    }
    const listed = deviating.sort((a, b) => sumOf(b) - sumOf(a)).slice(0, MOST_LISTED);
    return {
      bySecond: listed.sort((a, b) => a.at - b.at),
      bySecondLeftOut: deviating.length - listed.length,
    };
  }
}

function sumOf(second: DeviatingSecond): number {
  return KINDS.reduce((sum, kind) => sum + second[kind], 0);
}

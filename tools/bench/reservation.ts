// What is left of the reservation that a run's nodes are of, as OAR tells it.
import { installationDirectory } from "../../components/lib/stackName";
import type { Door } from "../../components/testbed/oar/door";
import { hasCode } from "../../components/testbed/oar/errors";
import { isEnding } from "../../components/testbed/oar/job";
import { slotOf } from "../../components/testbed/oar/names";
import { openDoor } from "../../components/testbed/oar/open";
import { extend, sleepUntilCut, type Watch } from "../../components/testbed/oar/reserve";
import { oarSettings } from "../../components/testbed/oar/settings";
import { missingSec, remainingSec } from "../../components/testbed/oar/walltime";
import type { BenchPlan } from "../../contract/request";

/** An extension that is not granted for a longer one may be for a shorter one, so what is asked for is not rounded up by more. */
const ROUNDED_SEC = 60;

/** The jobs of a stack, and the way to those who end them. */
export interface Reservation {
  /** One to each OAR. */
  doors: readonly Door[];
  base: string;
  extend: boolean;
  watch: Watch;
}

/** @returns undefined where the nodes are not reserved, or OAR cannot be asked, which is said then */
export function reservationOf(
  { reservation }: Pick<BenchPlan, "reservation">,
  say: (line: string) => void,
): Reservation | undefined {
  if (!reservation) return undefined;
  const { sites, base, extend: mayExtend } = reservation;
  const watch: Watch = { now: Date.now, sleep: sleepUntilCut, progress: say };
  try {
    // What a job would be made with is not told, and not needed.
    const doors = sites.map((reached) => {
      const complete = oarSettings.parse({ walltimeSec: 1, timeoutSec: 1, types: [], ...reached });
      return openDoor(complete, installationDirectory());
    });
    return { doors, base, extend: mayExtend, watch };
  } catch (error) {
    say(`warning: the reservation's walltime is not watched: ${(error as Error).message}`);
    return undefined;
  }
}

/**
 * How long the reservation lasts. OAR is asked when that is asked for, and never fails a run: where it does not answer, what
 * it said last holds. It tells what is left by its own clock, and from there on differences of ours count, so that it does
 * not matter whether ours is right.
 */
export class TimeLeft {
  /** By our clock, ms; what each door said last. */
  private readonly endsBy = new Map<Door, { id: number; endsAt: number }[]>();
  /** The least extension that was refused, s. */
  private refusedSec = Number.POSITIVE_INFINITY;
  private readonly said = new Set<string>();
  private asking: Promise<void> | undefined;

  constructor(private readonly reservation: Reservation) {}

  private get ends(): { door: Door; id: number; endsAt: number }[] {
    return [...this.endsBy].flatMap(([door, ends]) => ends.map((end) => ({ door, ...end })));
  }

  /** Until the first of the jobs ends; undefined where it is not known. */
  leftSec(): number | undefined {
    const { ends } = this;
    if (ends.length === 0) return undefined;
    const first = Math.min(...ends.map(({ endsAt }) => endsAt));
    return Math.max(0, (first - this.reservation.watch.now()) / 1_000);
  }

  /** Whether so much is left and time to end in order; what is not known is taken for so. */
  fits(sec: number): boolean {
    const left = this.leftSec();
    return left === undefined || missingSec(left, sec) === 0;
  }

  /**
   * Asks OAR, and lengthens the jobs for the longest of these times that it grants, where that is allowed. Who asks meanwhile
   * waits for the same.
   */
  ensure(wantedSec: readonly number[]): Promise<void> {
    this.asking ??= this.askAndExtend(wantedSec).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async askAndExtend(wantedSec: readonly number[]): Promise<void> {
    await this.ask();
    if (!this.reservation.extend) return;
    for (const wanted of [...wantedSec].sort((a, b) => b - a)) {
      if (this.fits(wanted)) return;
      await this.lengthen(wanted);
    }
  }

  private async ask(): Promise<void> {
    await Promise.all(this.reservation.doors.map((door) => this.askAt(door)));
  }

  private async askAt(door: Door): Promise<void> {
    const { base, watch } = this.reservation;
    // Before it answers: its answer may be a moment old, and must not seem to be later than it was.
    const asked = watch.now();
    try {
      const ours = (await door.jobs(base)).filter(
        (job) => slotOf(base, job.name) !== undefined && !isEnding(job),
      );
      const ends = ours.flatMap((job) => {
        const left = remainingSec(job);
        return left === undefined ? [] : [{ id: job.id, endsAt: asked + left * 1_000 }];
      });
      if (ends.length > 0) this.endsBy.set(door, ends);
      else this.warn(door, `no job named ${base}-… runs, or OAR does not say how long`);
    } catch (error) {
      this.warn(door, firstLine(error));
    }
  }

  /** Whatever is said of a door that does not answer: once. */
  private warn(door: Door, why: string): void {
    const known = this.endsBy.has(door)
      ? "what it said last holds"
      : "the walltime is not watched until it does";
    this.once(
      `door ${this.reservation.doors.indexOf(door)}`,
      `warning: OAR does not tell what is left of the reservation; ${known}: ${why}`,
    );
  }

  private async lengthen(wanted: number): Promise<void> {
    const { watch } = this.reservation;
    for (const { door, id, endsAt } of this.ends) {
      const left = (endsAt - watch.now()) / 1_000;
      const missing = Math.ceil(missingSec(left, wanted) / ROUNDED_SEC) * ROUNDED_SEC;
      if (missing === 0) continue;
      if (missing >= this.refusedSec) return;
      try {
        await extend(door, id, missing, watch);
      } catch (error) {
        // Where lengthening is switched off, less is not granted either; who did not answer has refused nothing.
        if (hasCode(error, "walltime-disabled", "not-owner")) this.refusedSec = 0;
        else if (!hasCode(error, "unreachable", "line-lost")) this.refusedSec = missing;
        this.once(firstLine(error), `the reservation is not lengthened: ${firstLine(error)}`);
        return this.ask(); // one job may be longer now, or this one by a part
      }
    }
    await this.ask();
  }

  private once(key: string, line: string): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.reservation.watch.progress(line);
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split("\n")[0] ?? "";
}

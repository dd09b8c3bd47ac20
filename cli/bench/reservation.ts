// What is left of the reservation that a run's nodes are of, as OAR tells it.

import { oarSettings } from "../../config/testbed/oar.ts";
import type { BenchPlan } from "../../contract/request.ts";
import { installationDirectory } from "../../lib/stackName.ts";
import type { Door } from "../../testbeds/oar/door.ts";
import { hasCode } from "../../testbeds/oar/errors.ts";
import { isEnding } from "../../testbeds/oar/job.ts";
import { saidOf } from "../../testbeds/oar/names.ts";
import { openDoor } from "../../testbeds/oar/open.ts";
import { extend, jobsOf, sleepUntilCut, type Watch } from "../../testbeds/oar/reserve.ts";
import { missingSec, remainingSec } from "../../testbeds/oar/walltime.ts";

/** An extension that is not granted for a longer one may be for a shorter one, so what is asked for is not rounded up by more. */
const ROUNDED_SEC = 60;

/** The jobs of a stack at one site, and the way to those who end them. */
export interface ReservedSite {
  /** Empty where there is one. */
  name: string;
  door: Door;
  base: string;
}

/** At all its sites. */
export interface Reservation {
  sites: readonly ReservedSite[];
  extend: boolean;
  watch: Watch;
}

/** @returns undefined where the nodes are not reserved, or OAR cannot be asked, which is said then */
export function reservationOf(
  { reservation }: Pick<BenchPlan, "reservation">,
  say: (line: string) => void,
): Reservation | undefined {
  if (!reservation) return undefined;
  const { sites, extend: mayExtend } = reservation;
  const watch: Watch = { now: Date.now, sleep: sleepUntilCut, progress: say };
  try {
    // What a job would be made with is not told, and not needed.
    const opened = sites.map(({ name, settings, base }) => {
      const complete = oarSettings.parse({ walltimeSec: 1, timeoutSec: 1, types: [], ...settings });
      return { name, door: openDoor(complete, installationDirectory()), base };
    });
    return { sites: opened, extend: mayExtend, watch };
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
  /** By our clock, ms; what each OAR said last. */
  private readonly endsAtSite = new Map<ReservedSite, { id: number; endsAt: number }[]>();
  /** The least extension that each refused, s. */
  private readonly refusedSec = new Map<ReservedSite, number>();
  private readonly said = new Set<string>();
  private asking: Promise<void> | undefined;

  private readonly reservation: Reservation;

  constructor(reservation: Reservation) {
    this.reservation = reservation;
  }

  private get ends(): { site: ReservedSite; id: number; endsAt: number }[] {
    return [...this.endsAtSite].flatMap(([site, ends]) => ends.map((end) => ({ site, ...end })));
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
    await Promise.all(this.reservation.sites.map((site) => this.askAt(site)));
  }

  private async askAt(site: ReservedSite): Promise<void> {
    const { door, base } = site;
    const { watch } = this.reservation;
    // Before it answers: its answer may be a moment old, and must not seem to be later than it was.
    const asked = watch.now();
    try {
      const ours = (await jobsOf(door, base)).filter((job) => !isEnding(job));
      const ends = ours.flatMap((job) => {
        const left = remainingSec(job);
        return left === undefined ? [] : [{ id: job.id, endsAt: asked + left * 1_000 }];
      });
      if (ends.length > 0) this.endsAtSite.set(site, ends);
      else this.warn(site, `no job named ${base}-… runs, or OAR does not say how long`);
    } catch (error) {
      this.warn(site, firstLine(error));
    }
  }

  /** Whatever is said of a door that does not answer: once. */
  private warn(site: ReservedSite, why: string): void {
    const known = this.endsAtSite.has(site)
      ? "what it said last holds"
      : "the walltime is not watched until it does";
    this.once(
      `door of ${site.name}`,
      `warning: ${saidOf(site, `OAR does not tell what is left of the reservation; ${known}: ${why}`)}`,
    );
  }

  private async lengthen(wanted: number): Promise<void> {
    const { watch } = this.reservation;
    for (const { site, id, endsAt } of this.ends) {
      const left = (endsAt - watch.now()) / 1_000;
      const missing = Math.ceil(missingSec(left, wanted) / ROUNDED_SEC) * ROUNDED_SEC;
      if (missing === 0) continue;
      if (missing >= (this.refusedSec.get(site) ?? Number.POSITIVE_INFINITY)) return; // the others would not help
      try {
        await extend(site.door, id, missing, watch);
      } catch (error) {
        // Where lengthening is switched off, less is not granted either; who did not answer has refused nothing.
        if (hasCode(error, "walltime-disabled", "not-owner")) this.refusedSec.set(site, 0);
        else if (!hasCode(error, "unreachable", "line-lost")) this.refusedSec.set(site, missing);
        const why = saidOf(site, `the reservation is not lengthened: ${firstLine(error)}`);
        this.once(why, why);
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

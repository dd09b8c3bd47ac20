import { oarSettings } from "../../config/testbed/oar.ts";
import type { BenchPlan } from "../../contract/request.ts";
import { installationDirectory } from "../../lib/stackName.ts";
import { type Lease, missingSec } from "../lease.ts";
import { realWatch, type Watch } from "../watch.ts";
import { jobsOf, type OarClient } from "./client.ts";
import { hasCode } from "./errors.ts";
import { extend } from "./extend.ts";
import { isEnding, remainingSec } from "./job.ts";
import { withSite } from "./names.ts";
import { openClient } from "./open.ts";

/** Extensions are rounded up to whole minutes only: shorter ones are granted more often. */
const ROUNDED_SEC = 60;

/** The jobs of a stack at one OAR site. */
export interface ReservedSite {
  /** Empty if there is only one site. */
  name: string;
  client: OarClient;
  /** Begins the names of the stack's jobs there. */
  base: string;
}

/** The jobs of a stack at all its sites. */
export interface Reservation {
  sites: readonly ReservedSite[];
  /** Whether jobs may be extended (`testbed.extend`). */
  extend: boolean;
  watch: Watch;
}

/** Opens the OAR clients of a plan's reservation; undefined if nothing is reserved, or, with a warning, if one cannot be opened. */
export function openReservation(
  { reservation }: Pick<BenchPlan, "reservation">,
  say: (line: string) => void,
): Reservation | undefined {
  if (!reservation) return undefined;
  try {
    const sites = reservation.sites.map(({ name, settings, base }) => {
      // The plan omits the settings that only a submission needs.
      const complete = oarSettings.parse({ walltimeSec: 1, timeoutSec: 1, types: [], ...settings });
      return { name, client: openClient(complete, installationDirectory()), base };
    });
    return { sites, extend: reservation.extend, watch: realWatch(say) };
  } catch (error) {
    say(`warning: cannot watch the walltime of the reservation: ${(error as Error).message}`);
    return undefined;
  }
}

/** The lease of a reservation: it ends with the first of its jobs. */
export function leaseOf(reservation: Reservation): Lease {
  return new OarLease(reservation);
}

interface JobEnd {
  site: ReservedSite;
  id: number;
  /** By this machine's clock, in milliseconds since 1970. */
  endsAt: number;
}

/**
 * OAR reports the remaining time of a job by its own clock. From then on, this machine's clock counts it down, so neither
 * clock has to be right. If OAR does not answer, its last answer remains valid.
 */
class OarLease implements Lease {
  private readonly ends = new Map<ReservedSite, JobEnd[]>();
  /** The shortest extension that each site refused, in seconds. */
  private readonly refusedSec = new Map<ReservedSite, number>();
  private readonly reported = new Set<string>();
  private asking: Promise<void> | undefined;
  private readonly reservation: Reservation;

  constructor(reservation: Reservation) {
    this.reservation = reservation;
  }

  remaining(): number | undefined {
    const ends = this.allEnds();
    if (ends.length === 0) return undefined;
    return Math.max(0, Math.min(...ends.map((end) => this.leftSec(end))));
  }

  extend(wantedSec: readonly number[]): Promise<void> {
    this.asking ??= this.askAndExtend(wantedSec).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private allEnds(): JobEnd[] {
    return [...this.ends.values()].flat();
  }

  private leftSec({ endsAt }: JobEnd): number {
    return (endsAt - this.reservation.watch.now()) / 1_000;
  }

  private async askAndExtend(wantedSec: readonly number[]): Promise<void> {
    await this.ask();
    if (!this.reservation.extend) return;
    for (const wanted of [...wantedSec].sort((a, b) => b - a)) {
      const left = this.remaining();
      if (left === undefined || missingSec(left, wanted) === 0) return;
      await this.extendJobs(wanted);
    }
  }

  private async ask(): Promise<void> {
    await Promise.all(this.reservation.sites.map((site) => this.askSite(site)));
  }

  private async askSite(site: ReservedSite): Promise<void> {
    // The time before the request: a slow answer must not make the lease look longer than it is.
    const askedAtMs = this.reservation.watch.now();
    try {
      const jobs = (await jobsOf(site.client, site.base)).filter((job) => !isEnding(job));
      const ends = jobs.flatMap((job) => {
        const left = remainingSec(job);
        return left === undefined ? [] : [{ site, id: job.id, endsAt: askedAtMs + left * 1_000 }];
      });
      if (ends.length > 0) this.ends.set(site, ends);
      else this.warn(site, `no job named ${site.base}-… runs, or OAR does not report how long`);
    } catch (error) {
      this.warn(site, firstLine(error));
    }
  }

  private warn(site: ReservedSite, why: string): void {
    const consequence = this.ends.has(site)
      ? "its last answer remains valid"
      : "the walltime is not watched until it does";
    this.reportOnce(
      `site ${site.name}`,
      `warning: ${withSite(site, `OAR does not report the remaining time of the reservation; ${consequence}: ${why}`)}`,
    );
  }

  private async extendJobs(wantedSec: number): Promise<void> {
    for (const end of this.allEnds()) {
      const { site } = end;
      const missing = Math.ceil(missingSec(this.leftSec(end), wantedSec) / ROUNDED_SEC) * ROUNDED_SEC;
      if (missing === 0) continue;
      // The first job that ends limits the lease: extending the others would not help.
      if (missing >= (this.refusedSec.get(site) ?? Number.POSITIVE_INFINITY)) return;
      try {
        await extend(site.client, end.id, missing, this.reservation.watch);
      } catch (error) {
        this.noteRefusal(site, missing, error);
        return this.ask(); // other jobs, or a part of this one, may be extended by now
      }
    }
    await this.ask();
  }

  private noteRefusal(site: ReservedSite, missing: number, error: unknown): void {
    // If extensions are switched off, shorter ones are refused too. No answer is not a refusal.
    if (hasCode(error, "oar-walltime-disabled", "oar-not-owner")) this.refusedSec.set(site, 0);
    else if (!hasCode(error, "oar-unreachable", "oar-line-lost")) this.refusedSec.set(site, missing);
    const why = withSite(site, `the reservation was not extended: ${firstLine(error)}`);
    this.reportOnce(why, why);
  }

  private reportOnce(key: string, line: string): void {
    if (this.reported.has(key)) return;
    this.reported.add(key);
    this.reservation.watch.progress(line);
  }
}

function firstLine(error: unknown): string {
  return (error as Error).message.split("\n")[0] ?? "";
}

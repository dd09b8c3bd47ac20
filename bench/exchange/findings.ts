// What was found of one peer's clock, small enough to be sent on.
import { z } from "zod";
import type { Limits } from "./offsetBounds.ts";

/** The tightest limits of each second are kept: the others could not touch the line. */
const SECOND_US = 1e6;

const limit = z.object({ atUs: z.number(), us: z.number() });

export const findingsSchema = z.object({
  peer: z.string(),
  sent: z.int().min(0),
  answered: z.int().min(0),
  /** Time on the way, there and back, of the quickest; null: none came back. */
  minRttUs: z.number().nullable(),
  upper: z.array(limit),
  lower: z.array(limit),
});
export type Findings = z.output<typeof findingsSchema>;

/** Gathers the timestamps of one peer. */
export class PeerClock {
  sent = 0;
  private answered = 0;
  private minRttUs = Number.POSITIVE_INFINITY;
  private readonly upper = new Map<number, Limits["upper"][number]>();
  private readonly lower = new Map<number, Limits["lower"][number]>();

  readonly peer: string;

  constructor(peer: string) {
    this.peer = peer;
  }

  /** t1 and t4 on our clock, t2 and t3 on the peer's. */
  take(t1: number, t2: number, t3: number, t4: number): void {
    this.answered += 1;
    this.minRttUs = Math.min(this.minRttUs, t4 - t1 - (t3 - t2));
    const second = Math.floor(t4 / SECOND_US);
    const [most, least] = [this.upper.get(second), this.lower.get(second)];
    if (!most || t2 - t1 < most.us) this.upper.set(second, { atUs: t1, us: t2 - t1 });
    if (!least || t3 - t4 > least.us) this.lower.set(second, { atUs: t4, us: t3 - t4 });
  }

  findings(): Findings {
    const { peer, sent, answered } = this;
    return {
      peer,
      sent,
      answered,
      minRttUs: answered > 0 ? this.minRttUs : null,
      upper: [...this.upper.values()],
      lower: [...this.lower.values()],
    };
  }
}

// The bounds of one peer's clock offset, compact enough to send to the runner.
import { z } from "zod";
import type { Limits } from "./offsetBounds.ts";

/** Only the tightest bounds of each second are kept; looser ones would not change the result. */
const SECOND_US = 1e6;

const limit = z.object({ atUs: z.number(), us: z.number() });

/** The schema of {@link Findings}. */
export const findingsSchema = z.object({
  peer: z.string(),
  sent: z.int().min(0),
  answered: z.int().min(0),
  /** Round-trip time of the fastest probe, µs; null: no answer. */
  minRttUs: z.number().nullable(),
  upper: z.array(limit),
  lower: z.array(limit),
});
/** What one process found out about the clock of one peer. */
export type Findings = z.output<typeof findingsSchema>;

/** Collects the timestamps of one peer. */
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

  /** Adds a probe, all times in µs: t1 and t4 by this process's clock, t2 and t3 by the peer's. */
  take(t1: number, t2: number, t3: number, t4: number): void {
    this.answered += 1;
    this.minRttUs = Math.min(this.minRttUs, t4 - t1 - (t3 - t2));
    const second = Math.floor(t4 / SECOND_US);
    const [upper, lower] = [this.upper.get(second), this.lower.get(second)];
    if (!upper || t2 - t1 < upper.us) this.upper.set(second, { atUs: t1, us: t2 - t1 });
    if (!lower || t3 - t4 > lower.us) this.lower.set(second, { atUs: t4, us: t3 - t4 });
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

import type { Reservation } from "../../testbeds/index.ts";
import type { OarClient } from "../../testbeds/oar/client.ts";
import { oarError } from "../../testbeds/oar/errors.ts";
import type { Job } from "../../testbeds/oar/job.ts";

/** Time that passes only when a test lets it pass. */
export class FakeTime {
  private static begun = 0;
  /** Each begins later than the one before. */
  now = 1_764_000_000_000 + 86_400_000 * FakeTime.begun++;
  private sleepers: { at: number; wake: () => void }[] = [];

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((wake) => {
      if (signal?.aborted) return wake();
      const woken = () => {
        signal?.removeEventListener("abort", woken);
        wake();
      };
      signal?.addEventListener("abort", woken);
      this.sleepers.push({ at: this.now + ms, wake: woken });
    });

  async pass(seconds: number): Promise<void> {
    const end = this.now + seconds * 1_000;
    for (;;) {
      await settled();
      const next = this.sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.sleepers = this.sleepers.filter((each) => each !== next);
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
    this.now = end;
    await settled();
  }
}

/** Resolves when everything that does not wait for time has run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((wake) => setImmediate(wake));
}

/** How OAR answers a request to extend a job. */
type Extension = "granted" | "disabled" | "never" | ((bySec: number) => boolean);

/** A fake reservation with jobs that end in a number of seconds, by a clock that is seven hours behind this machine's. */
export class FakeReservation implements Reservation {
  readonly lines: string[] = [];
  /** The requests to OAR. */
  readonly calls: string[] = [];
  away = false;
  extend = false;
  extension: Extension = "granted";
  jobs: Job[];
  readonly sites: Reservation["sites"];
  readonly watch: Reservation["watch"];

  readonly time: FakeTime;

  constructor(
    time: FakeTime,
    leftSec: readonly number[],
    more: Partial<Pick<FakeReservation, "extend" | "extension" | "away">> = {},
  ) {
    this.time = time;

    Object.assign(this, more);
    this.jobs = leftSec.map((left, index) => jobOf(index + 1, this.oarsTime(), left));
    this.watch = {
      now: () => time.now,
      sleep: time.sleep,
      progress: (line) => void this.lines.push(line),
    };
    const client = new Proxy({} as OarClient, {
      get: (_, name: string) => {
        if (name === "jobs") return async () => this.answer("jobs");
        if (name === "job") return async (id: number) => this.answer("").find((job) => job.id === id);
        if (name === "extend") return async (id: number, bySec: number) => this.lengthen(id, bySec);
        throw new Error(`unexpected call of ${name}`);
      },
    });
    this.sites = [{ name: "", client, base: "bench" }];
  }

  /** Like npm run reserve -- --extend. */
  lengthenAll(bySec: number): void {
    for (const job of this.jobs) job.walltimeSec = (job.walltimeSec ?? 0) + bySec;
  }

  private oarsTime(): number {
    return this.time.now / 1_000 - 7 * 3_600;
  }

  private answer(call: string): Job[] {
    if (call) this.calls.push(call);
    if (this.away) throw oarError("oar-unreachable", "cannot reach frontend:22 over SSH: no message");
    return this.jobs.map((job) => ({ ...job, readAt: this.oarsTime() }));
  }

  private lengthen(id: number, bySec: number): void {
    this.calls.push(`extend ${id} by ${bySec}`);
    const { extension } = this;
    if (extension === "disabled") throw oarError("oar-walltime-disabled", "OAR does not extend jobs");
    if (extension === "never") return;
    if (extension !== "granted" && !extension(bySec)) {
      throw oarError("oar-walltime-refused", `not by ${bySec}`);
    }
    const job = this.jobs.find((each) => each.id === id);
    if (job) job.walltimeSec = (job.walltimeSec ?? 0) + bySec;
  }
}

function jobOf(id: number, now: number, leftSec: number): Job {
  return {
    id,
    name: `bench-${id}`,
    owner: "ann",
    state: "Running",
    queue: "default",
    types: [],
    message: "",
    nodes: 2,
    walltimeSec: 600 + leftSec,
    startedAt: now - 600,
    readAt: now,
    addresses: [],
    events: [],
  };
}

// Stops a run on reserved nodes before the reservation ends. Checks before the run starts and at each of its steps.

import { SwarmbenchError } from "../../contract/errors.ts";
import { eventSchema, type RunEvent, type Step } from "../../contract/result.ts";
import {
  formatWalltime,
  type Lease,
  MARGIN_SEC,
  missingSec,
  missingWarning,
  type Watch,
} from "../../testbeds/index.ts";
import { type Planned, RemainingRun } from "./remainingRun.ts";

/** After a lost connection all old events arrive at once: an event counts as current if no other one follows within this time. */
const SETTLE_MS = 1_000;
/** Interval between requests to a testbed that does not report how long the lease lasts. */
const RETRY_MS = 5 * 60_000;
/** Node's timers overflow after 24 days. */
const LONGEST_SLEEP_MS = 3_600_000;

/** Watches the lease of one run. Once the run has started, its only effect on the run is to abort {@link signal}. */
export class LeaseWatch {
  /** Why the run was stopped and how many steps were done; undefined if it was not stopped. */
  stopped: string | undefined;
  private readonly lease: Lease;
  private readonly watch: Watch;
  private readonly scenario: string;
  private readonly run: RemainingRun;
  private readonly stopping = new AbortController();
  private readonly ended = new AbortController();
  /** Start of the latest step and time of the latest event, by this machine's clock. */
  private stepBeganMs = 0;
  private eventMs = 0;
  private settling: Promise<void> | undefined;

  /** @param finished steps of earlier sessions */
  constructor(lease: Lease, watch: Watch, planned: Planned, finished: readonly Step[]) {
    this.lease = lease;
    this.watch = watch;
    this.scenario = planned.scenario;
    this.run = new RemainingRun(planned, finished);
  }

  /** Aborts when the runner must end cleanly. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether the reservation has ended, as far as is known. */
  get expired(): boolean {
    return this.lease.remaining() === 0;
  }

  /**
   * Called before the run starts. Extends the lease if that is needed and allowed, else warns that time may be missing.
   *
   * @throws SwarmbenchError out-of-time if there is not enough time for a single step
   */
  async before(): Promise<void> {
    const whole = this.run.wholeRun();
    await this.lease.extend([whole.mostSec, whole.leastSec]);
    const left = this.lease.remaining();
    const warning = left === undefined ? undefined : missingWarning(left, whole);
    if (left === undefined || warning === undefined) return;
    const first = this.run.firstStepSec();
    if (!this.fits(first)) {
      throw new SwarmbenchError(
        "out-of-time",
        `nothing was started: ${formatWalltime(left)} of the reservation are left, but one step takes at least ${formatWalltime(first)}, plus ${MARGIN_SEC} s to end cleanly`,
        {
          hint: `Extend the reservation: npm run reserve -- -s ${this.scenario} --extend DURATION. Or reserve new nodes after it has ended: pulumi up -s ${this.scenario}`,
        },
      );
    }
    this.watch.progress(
      `warning: ${warning.replace("SCENARIO", this.scenario)}. If it runs out of time, the run is stopped cleanly and can be resumed`,
    );
  }

  /** Called when the runner has started. */
  begin(): void {
    void this.guard();
  }

  /** Called when the run has ended, or is no longer followed. */
  end(): void {
    this.ended.abort();
  }

  /** Handles an event of the runner, a line of JSON. After a lost connection all events come again. */
  take(line: string): void {
    if (line.startsWith('{"event":"second"')) return; // by far the most frequent event
    const event = parseEvent(line);
    if (event?.event === "step-started" && this.run.begin(event.step, Date.parse(event.at))) {
      this.stepBeganMs = this.watch.now();
      this.checkSoon();
    } else if (event?.event === "step" && this.run.finish(event.result, Date.parse(event.at))) {
      this.checkSoon();
    } else if (event?.event === "scale") this.run.scale(event);
    else if (event?.event === "end") this.ended.abort();
  }

  /** Whether the lease lasts that long, plus the time to end cleanly. An unknown lease counts as long enough. */
  private fits(sec: number): boolean {
    const left = this.lease.remaining();
    return left === undefined || missingSec(left, sec) === 0;
  }

  private checkSoon(): void {
    this.eventMs = this.watch.now();
    this.settling ??= this.settle().finally(() => {
      this.settling = undefined;
    });
  }

  private async settle(): Promise<void> {
    for (;;) {
      const wait = this.eventMs + SETTLE_MS - this.watch.now();
      if (this.ended.signal.aborted) return;
      if (wait <= 0) break;
      await this.watch.sleep(wait, this.ended.signal);
    }
    void this.checkStep();
  }

  /** Stops before a step that may not end in time. Extends the lease one step ahead, so that no step waits for OAR. */
  private async checkStep(): Promise<void> {
    if (!this.run.isStepRunning) return;
    const step = this.run.latestStep;
    const late = !this.fits(this.untilEndOf(1));
    if (late) await this.extendForSteps();
    if (this.ended.signal.aborted || this.run.latestStep !== step) return; // the next step has begun: its own check follows
    if (!this.fits(this.untilEndOf(1))) {
      this.stop(`the next step takes up to ${formatWalltime(this.run.longestStepSec())}`);
    } else if (!late && this.run.stepsLeft().most > 1 && !this.fits(this.untilEndOf(2))) {
      await this.extendForSteps();
    }
  }

  /** @param steps counts the step that runs now */
  private untilEndOf(steps: number): number {
    return steps * this.run.longestStepSec() - this.stepElapsedSec();
  }

  private stepElapsedSec(): number {
    return (this.watch.now() - this.stepBeganMs) / 1_000;
  }

  private extendForSteps(): Promise<void> {
    const all = this.run.unfinishedSteps().mostSec - this.stepElapsedSec();
    return this.lease.extend([this.untilEndOf(1), this.untilEndOf(2), all]);
  }

  /** Stops a step that takes longer than estimated. Its results are lost, those of finished steps are not. */
  private async guard(): Promise<void> {
    let extended = false;
    while (!this.ended.signal.aborted) {
      if (this.lease.remaining() === undefined) await this.lease.extend([]);
      const left = this.lease.remaining();
      if (left === undefined) {
        await this.watch.sleep(RETRY_MS, this.ended.signal);
        continue;
      }
      if (left <= MARGIN_SEC) return this.stop("the current step takes longer than estimated");
      const near = left <= 2 * MARGIN_SEC;
      if (near && !extended) void this.lease.extend([2 * MARGIN_SEC]);
      extended = near;
      const untilSec = left - (near ? MARGIN_SEC : 2 * MARGIN_SEC);
      await this.watch.sleep(Math.min(LONGEST_SLEEP_MS, Math.ceil(untilSec * 1_000)), this.ended.signal);
    }
  }

  private stop(reason: string): void {
    if (this.stopping.signal.aborted || this.ended.signal.aborted) return;
    const left = formatWalltime(this.lease.remaining() ?? 0);
    this.stopped = `${left} were left, and ${reason}; ${this.run.progress()}`;
    this.watch.progress("stopping the run cleanly: the reservation ends too soon");
    this.stopping.abort();
  }
}

function parseEvent(line: string): RunEvent | undefined {
  try {
    const event = (JSON.parse(line) ?? undefined) as RunEvent | undefined;
    // Only these have fields that are used here.
    const isUsed = ["step-started", "step", "scale"].includes(event?.event ?? "");
    return isUsed ? eventSchema.safeParse(event).data : event;
  } catch {
    return undefined; // reported when the results are read
  }
}

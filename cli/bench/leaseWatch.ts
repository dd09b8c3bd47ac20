// Ends a run on reserved nodes before they are given back: checked before the run starts and at each of its steps.

import { SwarmbenchError } from "../../contract/errors.ts";
import type { RunEvent, Step } from "../../contract/result.ts";
import {
  formatWalltime,
  type Lease,
  MARGIN_SEC,
  missingSec,
  missingWarning,
  type Watch,
} from "../../testbeds/index.ts";
import { type Planned, RemainingRun } from "./remainingRun.ts";

/** After a lost connection old events come at once; an event is news if no other one follows within this time. */
const SETTLE_MS = 1_000;
/** How often the testbed is asked again while it does not say how long the lease lasts. */
const ASK_AGAIN_MS = 5 * 60_000;
/** Node's timers take 24 days at most. */
const LONGEST_SLEEP_MS = 3_600_000;

/** Watches the lease of one run. After the start, all it does to the run is to abort {@link signal}. */
export class LeaseWatch {
  /** Why the run was stopped and how far it was; undefined if it was not. */
  stopped: string | undefined;
  private readonly lease: Lease;
  private readonly watch: Watch;
  private readonly scenario: string;
  private readonly run: RemainingRun;
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  /** When the latest step began and when the latest event came, by this machine's clock, ms. */
  private stepBeganAt = 0;
  private heardAt = 0;
  private settling: Promise<void> | undefined;

  /** @param finished steps of earlier sessions */
  constructor(lease: Lease, watch: Watch, planned: Planned, finished: readonly Step[]) {
    this.lease = lease;
    this.watch = watch;
    this.scenario = planned.scenario;
    this.run = new RemainingRun(planned, finished);
  }

  /** Aborted when the runner is to end in order. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether the nodes have been given back, as far as is known. */
  get expired(): boolean {
    return this.lease.remaining() === 0;
  }

  /**
   * Before the run starts: extends the lease if that is needed and allowed, else warns about what is missing.
   *
   * @throws SwarmbenchError with the code out-of-time if there is no time for a single step
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
        `nothing was started: ${formatWalltime(left)} of the reservation are left, and a step takes ${formatWalltime(first)} at least, and ${MARGIN_SEC} s to end in order. Lengthen it: npm run reserve -- -s ${this.scenario} --extend DURATION; or once it is over: pulumi up -s ${this.scenario}`,
      );
    }
    this.watch.progress(
      `warning: ${warning.replace("SCENARIO", this.scenario)}. The run is stopped in order before, and can go on later`,
    );
  }

  /** The runner runs from now on. */
  begin(): void {
    void this.guard();
  }

  /** The run has ended, or nobody follows it any more. */
  end(): void {
    this.over.abort();
  }

  /** Takes an event of the runner, a line of JSON; after a lost connection all of them come again. */
  hear(line: string): void {
    if (line.startsWith('{"event":"second"')) return; // by far the most frequent event
    const event = parseEvent(line);
    if (event?.event === "step-started" && this.run.begin(event.step, Date.parse(event.at))) {
      this.stepBeganAt = this.watch.now();
      this.checkSoon();
    } else if (event?.event === "step" && this.run.finish(event.result, Date.parse(event.at))) {
      this.checkSoon();
    } else if (event?.event === "end") this.over.abort();
  }

  /** Whether the lease lasts that long and for an orderly end; an unknown lease is taken for long enough. */
  private fits(sec: number): boolean {
    const left = this.lease.remaining();
    return left === undefined || missingSec(left, sec) === 0;
  }

  private checkSoon(): void {
    this.heardAt = this.watch.now();
    this.settling ??= this.settle().finally(() => {
      this.settling = undefined;
    });
  }

  private async settle(): Promise<void> {
    for (;;) {
      const wait = this.heardAt + SETTLE_MS - this.watch.now();
      if (this.over.signal.aborted) return;
      if (wait <= 0) break;
      await this.watch.sleep(wait, this.over.signal);
    }
    void this.checkStep();
  }

  /** Stops before a step that may not end in time. Already extends for the step after it, so that none waits for OAR. */
  private async checkStep(): Promise<void> {
    if (!this.run.isStepRunning) return;
    const step = this.run.latestStep;
    const late = !this.fits(this.untilEndOf(1));
    if (late) await this.extendForSteps();
    if (this.over.signal.aborted || this.run.latestStep !== step) return; // another check is under way
    if (!this.fits(this.untilEndOf(1))) {
      this.stop(`the next step takes up to ${formatWalltime(this.run.longestStepSec())}`);
    } else if (!late && this.run.stepsLeft().most > 1 && !this.fits(this.untilEndOf(2))) {
      await this.extendForSteps();
    }
  }

  /** @param steps the step that runs is the first */
  private untilEndOf(steps: number): number {
    return steps * this.run.longestStepSec() - this.stepElapsedSec();
  }

  private stepElapsedSec(): number {
    return (this.watch.now() - this.stepBeganAt) / 1_000;
  }

  private extendForSteps(): Promise<void> {
    const all = this.run.unfinishedSteps().mostSec - this.stepElapsedSec();
    return this.lease.extend([this.untilEndOf(1), this.untilEndOf(2), all]);
  }

  /** Stops a step that takes longer than was estimated: it is lost, but the finished ones are not. */
  private async guard(): Promise<void> {
    let asked = false;
    while (!this.over.signal.aborted) {
      if (this.lease.remaining() === undefined) await this.lease.extend([]);
      const left = this.lease.remaining();
      if (left === undefined) {
        await this.watch.sleep(ASK_AGAIN_MS, this.over.signal);
        continue;
      }
      if (left <= MARGIN_SEC) return this.stop("the step that is under way takes longer");
      const near = left <= 2 * MARGIN_SEC;
      if (near && !asked) void this.lease.extend([2 * MARGIN_SEC]);
      asked = near;
      const untilSec = left - (near ? MARGIN_SEC : 2 * MARGIN_SEC);
      await this.watch.sleep(Math.min(LONGEST_SLEEP_MS, Math.ceil(untilSec * 1_000)), this.over.signal);
    }
  }

  private stop(why: string): void {
    if (this.stopping.signal.aborted || this.over.signal.aborted) return;
    const left = formatWalltime(this.lease.remaining() ?? 0);
    this.stopped = `${left} of it were left, and ${why}: ${this.run.progress()}`;
    this.watch.progress("stopping the run in order: the reservation ends before the next step would");
    this.stopping.abort();
  }
}

function parseEvent(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined; // reported when the results are read
  }
}

// A run on reserved nodes ends before they are gone: looked at before it begins, and at each of its steps.
import { stepsLeft } from "../../bench/plan/index.ts";
import { type Trial, lengthOf as tookOf, trialOf } from "../../bench/plan/trial.ts";
import type { RunRequest } from "../../contract/request.ts";
import { isMeasured, type RunEvent, type Step } from "../../contract/result.ts";
import {
  type Length,
  lengthOfSteps,
  networkLength,
  plannedCount,
  stepLength,
  stepRest,
  sum,
} from "../../contract/runLength.ts";
import { word } from "../../lib/shell.ts";
import { formatWalltime, MARGIN_SEC, missingWarning } from "../../testbeds/oar/walltime.ts";
import { EXIT, Failure } from "./exit.ts";
import { type Reservation, TimeLeft } from "./reservation.ts";

/** Without news for so long, a line is no repetition of what happened while nobody followed. */
const SETTLE_MS = 1_000;
/** Where it is not known what is left, OAR is asked again so often. */
const ASK_AGAIN_MS = 5 * 60_000;
/** Timers of Node take 24 days at most. */
const LONGEST_SLEEP_MS = 3_600_000;
/** Beside what is planned, a step of more clients takes longer than those before it. */
const GROWTH = 1.5;

/** What is to be run. */
export interface Planned extends Pick<RunRequest, "scenario" | "workload" | "benchmark"> {
  /** Nodes whose network is measured first. */
  nodes: number;
}

/** Watches one run. Once that has begun, nothing here fails it, but for the order to stop. */
export class WalltimeWatch {
  /** What it was stopped for, and how far it was. */
  stopped: string | undefined;
  private readonly left: TimeLeft;
  private readonly stopping = new AbortController();
  private readonly over = new AbortController();
  private readonly history: Trial[];
  /** The latest step that has begun, and when: by the runner's clock, and by ours. */
  private running: { step: number; at: number; heard: number };
  /** Beside warm-up, measured time and drain: the most that a step took. */
  private restSec: number | undefined;
  /** The latest news, by our clock. */
  private heardAt = 0;
  private settling: Promise<void> | undefined;

  private readonly reservation: Reservation;
  private readonly planned: Planned;

  /** @param finished steps of earlier sessions */
  constructor(reservation: Reservation, planned: Planned, finished: readonly Step[]) {
    this.reservation = reservation;
    this.planned = planned;

    this.left = new TimeLeft(reservation);
    this.history = finished.map((step) => trialOf(step, tookOf(step)));
    this.running = { step: finished.length, at: Number.NaN, heard: 0 };
  }

  /** Aborted where the runner is to end in order. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Whether the nodes are gone, by what is known. */
  get expired(): boolean {
    return this.left.leftSec() === 0;
  }

  /**
   * Before anything is started: lengthens the reservation where that is needed and allowed, else says what is missing.
   *
   * @throws Failure where there is no time for a single step
   */
  async before(): Promise<void> {
    const { benchmark, nodes, scenario } = this.planned;
    const network = networkLength(benchmark, nodes);
    const whole = sum(network, this.toCome());
    await this.left.ensure([whole.mostSec, whole.leastSec]);
    const left = this.left.leftSec();
    const warning = left === undefined ? undefined : missingWarning(left, whole);
    if (left === undefined || warning === undefined) return;
    const first = network.leastSec + stepLength(benchmark).leastSec;
    if (!this.left.fits(first)) {
      throw new Failure(
        `nothing was started: ${formatWalltime(left)} of the reservation are left, and a step takes ${formatWalltime(first)} at least, and ${MARGIN_SEC} s to end in order. Lengthen it: npm run reserve -- -s ${scenario} --extend DURATION; or once it is over: pulumi up -s ${scenario}`,
        EXIT.outOfTime,
      );
    }
    this.say(
      `warning: ${warning.replace("SCENARIO", scenario)}. The run is stopped in order before, and can go on later`,
    );
  }

  /** From now on the runner runs. */
  begin(): void {
    void this.guard();
  }

  /** It has ended, or nobody follows it any more. */
  end(): void {
    this.over.abort();
  }

  /** Hears the runner's events; after the line was cut, all of them again. */
  hear(line: string): void {
    if (line.startsWith('{"event":"second"')) return; // by far the most of them
    const event = eventOf(line);
    if (event?.event === "step-started" && event.step > this.running.step) {
      this.running = { step: event.step, at: Date.parse(event.at), heard: this.now() };
      this.lookSoon();
    } else if (event?.event === "step" && event.result.step > this.history.length) {
      this.done(event.result, Date.parse(event.at));
      this.lookSoon();
    } else if (event?.event === "end") this.over.abort();
  }

  private done(step: Step, at: number): void {
    const { drain } = this.planned.benchmark;
    const seen = step.step === this.running.step && Number.isFinite(this.running.at);
    const took = seen ? (at - this.running.at) / 1_000 : tookOf(step);
    this.history.push(trialOf(step, took));
    if (!seen || !isMeasured(step) || step.verdict === "failed") return;
    const { warmUpSeconds, durationSeconds, drainSeconds } = step;
    const rest = stepRest(took, { warmUpSeconds, durationSeconds, drainSeconds: drainSeconds ?? drain });
    this.restSec = Math.max(this.restSec ?? 0, rest);
  }

  /** The next step begins as soon as one has ended: then there is one to be looked at. */
  private lookSoon(): void {
    this.heardAt = this.now();
    this.settling ??= this.settle().finally(() => {
      this.settling = undefined;
    });
  }

  private async settle(): Promise<void> {
    for (;;) {
      const wait = this.heardAt + SETTLE_MS - this.now();
      if (this.over.signal.aborted) return;
      if (wait <= 0) break;
      await this.reservation.watch.sleep(wait, this.over.signal);
    }
    void this.look();
  }

  /** Stops before a step that may not end in time. Of the one after it OAR is asked now, so that nothing waits for its answer. */
  private async look(): Promise<void> {
    const { step } = this.running;
    if (step <= this.history.length) return; // it was the last
    const wanted = () => {
      const one = this.longestSec();
      const gone = (this.now() - this.running.heard) / 1_000;
      return { this: one - gone, next: 2 * one - gone, all: this.toCome().mostSec - gone };
    };
    const asked = () => this.left.ensure(Object.values(wanted()));
    const late = !this.left.fits(wanted().this);
    if (late) await asked();
    if (this.over.signal.aborted || this.running.step !== step) return; // another look is under way
    if (!this.left.fits(wanted().this)) {
      this.stop(`the next step takes up to ${formatWalltime(this.longestSec())}`);
    } else if (!late && this.stepsLeft().most > 1 && !this.left.fits(wanted().next)) await asked();
  }

  /** A step that takes longer than it was thought to is cut off: it is lost, and the others are not. */
  private async guard(): Promise<void> {
    const { watch } = this.reservation;
    let asked = false;
    while (!this.over.signal.aborted) {
      if (this.left.leftSec() === undefined) await this.left.ensure([]);
      const left = this.left.leftSec();
      if (left === undefined) {
        await watch.sleep(ASK_AGAIN_MS, this.over.signal);
        continue;
      }
      if (left <= MARGIN_SEC) return this.stop("the step that is under way takes longer");
      const near = left <= 2 * MARGIN_SEC;
      if (near && !asked) void this.left.ensure([2 * MARGIN_SEC]);
      asked = near;
      const untilSec = left - (near ? MARGIN_SEC : 2 * MARGIN_SEC);
      await watch.sleep(Math.min(LONGEST_SLEEP_MS, Math.ceil(untilSec * 1_000)), this.over.signal);
    }
  }

  private stop(why: string): void {
    if (this.stopping.signal.aborted || this.over.signal.aborted) return;
    const left = formatWalltime(this.left.leftSec() ?? 0);
    this.stopped = `${left} of it were left, and ${why}: ${this.progress()}`;
    this.say("stopping the run in order: the reservation ends before the next step would");
    this.stopping.abort();
  }

  /** "3 of 8 steps are done", of a search "3 of 5 to 12" */
  progress(): string {
    const done = this.history.length;
    const { least, most } = this.stepsLeft();
    const all = least === most ? `${done + most}` : `${done + least} to ${done + most}`;
    return `${done} of ${all} steps are done`;
  }

  private stepsLeft(): { least: number; most: number } {
    return stepsLeft(this.planned.workload, this.planned.benchmark, this.history);
  }

  /** The steps that are not finished; the one that runs is whole here. */
  private toCome(): Length {
    const { benchmark } = this.planned;
    const { least, most } = this.stepsLeft();
    const planned = Math.max(0, plannedCount(benchmark) - this.history.length);
    const searchedSec = this.history
      .filter(({ phase }) => phase === "search")
      .reduce((total, { seconds }) => total + seconds, 0);
    const search = { least: least - planned, most: most - planned };
    return lengthOfSteps(benchmark, { planned, search, searchedSec }, this.beside());
  }

  private longestSec(): number {
    return stepLength(this.planned.benchmark, this.beside()).mostSec;
  }

  private beside(): number | undefined {
    return this.restSec === undefined ? undefined : this.restSec * GROWTH;
  }

  private now(): number {
    return this.reservation.watch.now();
  }

  private say(line: string): void {
    this.reservation.watch.progress(line);
  }
}

function eventOf(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined; // whoever reads the results says so
  }
}

/** What is said of a run that was stopped so: its steps stay, and on a new reservation the others are done. */
export function outOfTime(
  why: string,
  run: { scenario: string; fromUp: boolean; folder: string; changes: readonly string[] },
): string {
  const up = `pulumi up -s ${run.scenario}`;
  const set = run.changes.flatMap((change) => ["--set", word(change)]);
  const words = ["npm run bench -- -s", run.scenario, ...set, "--resume", run.folder];
  const bench = words.join(" ");
  const lengthen = `npm run reserve -- -s ${run.scenario} --extend DURATION`;
  const next = run.fromUp
    ? `Once it is over, ${up} reserves anew and goes on with this run; or lengthen it (${lengthen}) and do the same. By hand: ${bench}`
    : `Lengthen it (${lengthen}), or once it is over reserve anew (${up}), and go on: ${bench}`;
  return `stopped before the reservation's end; ${why}. ${next}`;
}

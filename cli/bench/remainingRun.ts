// Estimates how long the rest of a run takes, from the events of its runner.
import { scaledPlan, stepsLeft, withoutPreheat } from "../../bench/plan/index.ts";
import { withLongestTimes } from "../../bench/plan/measuredTime.ts";
import { estimatedSeconds, type Trial, trialOf } from "../../bench/plan/trial.ts";
import type { RunRequest } from "../../contract/request.ts";
import { isMeasured, type Step } from "../../contract/result.ts";
import {
  type Length,
  lengthOfSteps,
  longestStep,
  networkLength,
  plannedCount,
  preheatLength,
  stepLength,
  stepOverhead,
  sum,
} from "../../contract/runLength.ts";
import { knownScale, type Scale } from "../../contract/scale.ts";
import type { Benchmark } from "../../contract/workload.ts";

/** A step with more clients has a longer overhead than the steps before it, by up to this factor. */
const GROWTH = 1.5;

const NONE: Length = { leastSec: 0, mostSec: 0 };

/** The run that is planned. */
export interface Planned extends Pick<RunRequest, "scenario" | "workload" | "benchmark" | "scale"> {
  /** Number of nodes whose network is measured first. */
  nodes: number;
}

/** Estimates the rest of a run. All lengths are in seconds. */
export class RemainingRun {
  private planned: Planned;
  private readonly history: Trial[];
  /** The latest step that has begun, and its start by the runner's clock, ms. */
  private running: { step: number; startMs: number };
  /** The longest overhead of a step so far: its length without warm-up, measured time and drain. */
  private overheadSec: number | undefined;
  /** Undefined: the loads are those of the plan, or it is not known yet how they are scaled. */
  private scaled: Scale | undefined;

  /** @param finished steps of earlier sessions */
  constructor(planned: Planned, finished: readonly Step[]) {
    this.planned = planned;
    this.history = finished.map((step) => trialOf(step, estimatedSeconds(step)));
    this.running = { step: finished.length, startMs: Number.NaN };
    const known = knownScale(planned.benchmark, planned.scale);
    if (known) this.scale(known);
  }

  /** Records how the loads are scaled, from which the other steps follow. @returns false if this was already known */
  scale(scale: Scale): boolean {
    if (this.scaled) return false;
    this.scaled = scale;
    this.planned = { ...this.planned, ...scaledPlan(this.planned, scale, this.history) };
    return true;
  }

  /** The number of the latest step that has begun. */
  get latestStep(): number {
    return this.running.step;
  }

  /** Whether the latest step has not ended yet. */
  get isStepRunning(): boolean {
    return this.running.step > this.history.length;
  }

  /**
   * Records that a step has begun.
   *
   * @param startMs by the runner's clock
   * @returns false if this was already known: after a lost connection all events come again
   */
  begin(step: number, startMs: number): boolean {
    if (step <= this.running.step) return false;
    this.running = { step, startMs };
    return true;
  }

  /** Records that a step has ended. @param endMs by the runner's clock @returns false if this was already known */
  finish(step: Step, endMs: number): boolean {
    if (step.step <= this.history.length) return false;
    const seen = step.step === this.running.step && Number.isFinite(this.running.startMs);
    const seconds = seen ? (endMs - this.running.startMs) / 1_000 : estimatedSeconds(step);
    this.history.push(trialOf(step, seconds));
    if (!seen || !isMeasured(step) || step.verdict === "failed") return true;
    const { warmUpSeconds, durationSeconds, drainSeconds } = step;
    const drain = drainSeconds ?? this.planned.benchmark.drain;
    const overhead = stepOverhead(seconds, { warmUpSeconds, durationSeconds, drainSeconds: drain });
    this.overheadSec = Math.max(this.overheadSec ?? 0, overhead);
    return true;
  }

  /** "3 of 8 steps are done"; during a search "3 of 5 to 12 steps are done". */
  progress(): string {
    const done = this.history.length;
    const { least, most } = this.stepsLeft();
    const all = least === most ? `${done + most}` : `${done + least} to ${done + most}`;
    return `${done} of ${all} steps are done`;
  }

  /** How many steps are not finished. */
  stepsLeft(): { least: number; most: number } {
    return stepsLeft(this.planned.workload, this.planned.benchmark, this.history);
  }

  /** The network measurement and the steps that are not finished. */
  wholeRun(): Length {
    return sum(this.networkBefore(), this.unfinishedSteps());
  }

  /** The shortest time from the start of a run to the end of its first step. */
  firstStepSec(): number {
    return this.networkBefore().leastSec + stepLength(this.planned.benchmark).leastSec;
  }

  private networkBefore(): Length {
    return networkLength(this.planned.benchmark, this.planned.nodes);
  }

  /** The preheat and the steps that are not finished; the step that runs now counts in full. */
  unfinishedSteps(): Length {
    const benchmark = this.longest();
    const { least, most } = this.stepsLeft();
    const measured = withoutPreheat(this.history);
    const planned = Math.max(0, plannedCount(benchmark) - measured.length);
    const searched = measured.filter(({ phase }) => phase === "search" || phase === "confirm");
    const search = { least: least - planned, most: most - planned };
    const steps = { planned, search, searchedSec: secondsOf(searched) };
    // A run that has begun to measure does not preheat again.
    const preheat = measured.length === 0 ? preheatLength(benchmark, secondsOf(this.history)) : NONE;
    return sum(preheat, lengthOfSteps(benchmark, steps, this.expectedOverhead()));
  }

  /** The longest time that one step may take. */
  longestStepSec(): number {
    const benchmark = this.longest();
    return stepLength({ ...benchmark, duration: longestStep(benchmark) }, this.expectedOverhead()).mostSec;
  }

  /** The benchmark with the longest measured times that the remaining steps may have. */
  private longest(): Benchmark {
    return withLongestTimes(this.planned, (this.scaled?.factor ?? 1) < 1, this.history);
  }

  private expectedOverhead(): number | undefined {
    return this.overheadSec === undefined ? undefined : this.overheadSec * GROWTH;
  }
}

function secondsOf(trials: readonly Trial[]): number {
  return trials.reduce((sum, { seconds }) => sum + seconds, 0);
}

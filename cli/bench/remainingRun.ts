// How much of a run is done and how long the rest may take, from the events of its runner.
import { stepsLeft } from "../../bench/plan/index.ts";
import { type Trial, lengthOf as tookOf, trialOf } from "../../bench/plan/trial.ts";
import type { RunRequest } from "../../contract/request.ts";
import { isMeasured, type Step } from "../../contract/result.ts";
import {
  type Length,
  lengthOfSteps,
  networkLength,
  plannedCount,
  stepLength,
  stepRest,
  sum,
} from "../../contract/runLength.ts";

/** A step of more clients takes longer than those before it, beside what is planned for each step. */
const GROWTH = 1.5;

/** What is to be run. */
export interface Planned extends Pick<RunRequest, "scenario" | "workload" | "benchmark"> {
  /** Nodes whose network is measured first. */
  nodes: number;
}

/** Estimates the rest of a run. All lengths are in seconds. */
export class RemainingRun {
  private readonly planned: Planned;
  private readonly history: Trial[];
  /** The latest step that has begun, and when by the runner's clock, ms. */
  private running: { step: number; at: number };
  /** The most that a step took beside warm-up, measured time and drain. */
  private restSec: number | undefined;

  /** @param finished steps of earlier sessions */
  constructor(planned: Planned, finished: readonly Step[]) {
    this.planned = planned;
    this.history = finished.map((step) => trialOf(step, tookOf(step)));
    this.running = { step: finished.length, at: Number.NaN };
  }

  /** The number of the latest step that has begun. */
  get latestStep(): number {
    return this.running.step;
  }

  /** Whether the latest step has not ended yet. */
  get isStepRunning(): boolean {
    return this.running.step > this.history.length;
  }

  /** @param at by the runner's clock, ms. @returns whether this is news: after a lost connection all events come again */
  begin(step: number, at: number): boolean {
    if (step <= this.running.step) return false;
    this.running = { step, at };
    return true;
  }

  /** @param at by the runner's clock, ms. @returns whether this is news */
  finish(step: Step, at: number): boolean {
    if (step.step <= this.history.length) return false;
    const seen = step.step === this.running.step && Number.isFinite(this.running.at);
    const took = seen ? (at - this.running.at) / 1_000 : tookOf(step);
    this.history.push(trialOf(step, took));
    if (!seen || !isMeasured(step) || step.verdict === "failed") return true;
    const { warmUpSeconds, durationSeconds, drainSeconds } = step;
    const drain = drainSeconds ?? this.planned.benchmark.drain;
    const rest = stepRest(took, { warmUpSeconds, durationSeconds, drainSeconds: drain });
    this.restSec = Math.max(this.restSec ?? 0, rest);
    return true;
  }

  /** "3 of 8 steps are done"; of a search "3 of 5 to 12". */
  progress(): string {
    const done = this.history.length;
    const { least, most } = this.stepsLeft();
    const all = least === most ? `${done + most}` : `${done + least} to ${done + most}`;
    return `${done} of ${all} steps are done`;
  }

  stepsLeft(): { least: number; most: number } {
    return stepsLeft(this.planned.workload, this.planned.benchmark, this.history);
  }

  /** The network measurement and the steps that are not finished. */
  wholeRun(): Length {
    return sum(this.networkBefore(), this.unfinishedSteps());
  }

  /** From the start of a run to the end of its first step, at least. */
  firstStepSec(): number {
    return this.networkBefore().leastSec + stepLength(this.planned.benchmark).leastSec;
  }

  private networkBefore(): Length {
    return networkLength(this.planned.benchmark, this.planned.nodes);
  }

  /** The steps that are not finished; the one that runs counts as a whole. */
  unfinishedSteps(): Length {
    const { benchmark } = this.planned;
    const { least, most } = this.stepsLeft();
    const planned = Math.max(0, plannedCount(benchmark) - this.history.length);
    const searchedSec = this.history
      .filter(({ phase }) => phase === "search")
      .reduce((total, { seconds }) => total + seconds, 0);
    const search = { least: least - planned, most: most - planned };
    return lengthOfSteps(benchmark, { planned, search, searchedSec }, this.expectedRest());
  }

  /** The most that one step may take. */
  longestStepSec(): number {
    return stepLength(this.planned.benchmark, this.expectedRest()).mostSec;
  }

  private expectedRest(): number | undefined {
    return this.restSec === undefined ? undefined : this.restSec * GROWTH;
  }
}

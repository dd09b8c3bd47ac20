// The state of a run that is followed: what the server keeps, and what the page keeps of it.
import { isMeasured, type Run, type RunEvent, type Second } from "../../contract/result.ts";
import type { StepValues } from "../../contract/workload.ts";
import { buildResults } from "../build.ts";
import { faultsByStep } from "../faults.ts";
import type { CurrentStep, ShownRun } from "../report/charts/chart.ts";
import { MOST_POINTS, type SecondsMerged, thinned } from "../thinned.ts";

/** Without an event for this long, a run without an end counts as cut off, s. Steps and network measurements are shorter. */
export const SILENT_SEC = 120;

/** What the server sends to a page that follows a run. */
export type LiveMessage =
  /** Everything so far; it replaces what the page has. */
  | { kind: "snapshot"; events: RunEvent[]; seconds: SecondsMerged[]; silentSec: number }
  | { kind: "event"; event: RunEvent }
  /** Estimate of the time that is left, s. */
  | { kind: "left"; leastSec: number; mostSec: number }
  /** For how long there has been no event, s. */
  | { kind: "silent"; silentSec: number }
  /** Lines of the event log that cannot be read. */
  | { kind: "unreadable"; text: string };

/** A run from its events, as they come. Keeps the results of finished steps, and the thinned seconds of the current step. */
export class LiveRun {
  private events: RunEvent[] = [];
  private seconds: SecondsMerged[] = [];
  private started: { step: number; values: StepValues } | undefined;
  private built: Run | undefined;

  /** Whether the run has reached its end. */
  get hasEnded(): boolean {
    const last = this.events.findLast(({ event }) => event === "run" || event === "end");
    return last?.event === "end";
  }

  /** The step that is under way. */
  get current(): CurrentStep | undefined {
    if (!this.started) return undefined;
    const faults = faultsByStep(this.events).get(this.started.step);
    return { ...this.started, seconds: this.seconds, ...(faults ? { faults } : {}) };
  }

  /** Takes the next event of the log. */
  take(event: RunEvent): void {
    if (event.event === "second") {
      this.takeSecond(event.step, event.second);
      return;
    }
    this.built = undefined;
    if (event.event === "step-started") {
      this.started = { step: event.step, values: event.values as StepValues };
      this.seconds = [];
    } else if (event.event === "step" || event.event === "run" || event.event === "end") {
      this.started = undefined;
      this.seconds = [];
    }
    this.events.push(event.event === "step" ? withFewSeconds(event) : event);
  }

  /** A second that comes again replaces the one before. */
  private takeSecond(step: number, second: Second): void {
    if (step !== this.started?.step) return;
    const last = this.seconds.at(-1);
    if (last && last.at >= second.at) this.seconds = this.seconds.filter(({ at }) => at < second.at);
    this.seconds.push(second);
    if (this.seconds.length > 2 * MOST_POINTS) this.seconds = thinned(this.seconds);
  }

  /** Everything so far, as one message. @param silentSec for how long there has been no event, s */
  snapshot(silentSec: number): LiveMessage {
    return { kind: "snapshot", events: this.events, seconds: this.seconds, silentSec };
  }

  /** Replaces everything by a snapshot. */
  restore({ events, seconds }: { events: readonly RunEvent[]; seconds: readonly SecondsMerged[] }): void {
    [this.events, this.seconds, this.started, this.built] = [[], [], undefined, undefined];
    for (const event of events) this.take(event);
    this.seconds = [...seconds];
  }

  /**
   * The run as charts and sections show it; undefined before its first event.
   *
   * @param isRunning whether it is still under way; otherwise it was cut off, unless it has ended
   */
  shown(isRunning: boolean): ShownRun | undefined {
    if (!this.events.some(({ event }) => event === "run")) return undefined;
    this.built ??= buildResults(this.events, isRunning);
    const current = this.current;
    return current ? { ...this.built, current } : this.built;
  }

  /** Rebuilds the run, because it was cut off or continues. */
  forget(): void {
    this.built = undefined;
  }
}

function withFewSeconds(event: Extract<RunEvent, { event: "step" }>): RunEvent {
  const { result } = event;
  return isMeasured(result) ? { ...event, result: { ...result, seconds: thinned(result.seconds) } } : event;
}

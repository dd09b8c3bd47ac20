// Runs one planned step after the other, until the run is done, fails or is stopped.
import type { Client } from "../../contract/clients.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { STATUS_PREFIX } from "../../contract/progress.ts";
import type { RunRequest } from "../../contract/request.ts";
import { type RunEvent, SCHEMA_VERSION, type Step } from "../../contract/result.ts";
import { type Load, type Scale, scaleSentence } from "../../contract/scale.ts";
import { withValues } from "../../contract/stepWorkload.ts";
import { valuesText } from "../../contract/text.ts";
import { consumersInGroup } from "../../contract/topics.ts";
import { worstVerdict } from "../../contract/verdicts.ts";
import { Exchange } from "../exchange/exchange.ts";
import type { JobContext } from "../job.ts";
import { sloText } from "../measure/evaluate.ts";
import { bracketSoFar, nextStep, scaledPlan, searchStateSoFar, stepsLeft } from "../plan/index.ts";
import { withMeasuredTime } from "../plan/measuredTime.ts";
import { benchmarkOf } from "../plan/preheat.ts";
import { otherKneesSoFar, type SearchResults } from "../plan/slos.ts";
import { estimatedSeconds, type PlannedStep, type Trial, trialOf } from "../plan/trial.ts";
import { reason } from "../reason.ts";
import { openWallClock } from "../wallClock.ts";
import { withFleet } from "./conditions.ts";
import { type EventSink, instant } from "./events.ts";
import { faultWarnings, idempotenceWarnings } from "./faults.ts";
import { type AgentAccess, type Fleet, findFleet } from "./fleet.ts";
import { Live } from "./live.ts";
import { NetworkWatch } from "./network.ts";
import { preheatText, resultText, secondText, stepText, timeText } from "./progress.ts";
import { runError } from "./runError.ts";
import { scaleOf } from "./scaling.ts";
import { runStep } from "./step.ts";
import type { StepOrder } from "./stepOrder.ts";
import { failedStep } from "./stepResult.ts";
import { type MergedSecond, withoutHistograms } from "./timeline.ts";

type End = Extract<RunEvent, { event: "end" }>;

/** Number of consecutive failed steps that end the run. A failure of the first step also ends it. */
const FAILURES_IN_A_ROW = 2;
/** Shortest time between two progress lines of a step, s. */
const SHOW_EVERY_SEC = 3;

/** Runs the steps of a benchmark, and emits its events. */
export class Runner {
  private readonly clock = openWallClock();
  private exchange!: Exchange;
  private readonly live: Live;
  private readonly network: NetworkWatch;
  private readonly steps: Step[];
  /** Durations of this session's steps, s. The remaining time is estimated from them. */
  private readonly durations: number[] = [];
  private readonly history: Trial[];
  private failures = 0;
  private lastError: Error | undefined;
  private shownSec = 0;

  /** What the run measures: that of its request, once its loads are scaled. */
  private load: Load;
  private isScaled = false;

  private readonly request: RunRequest;
  private readonly context: JobContext;
  private readonly emit: EventSink;
  private readonly agents: AgentAccess;

  /** @param agents default: the tasks of the stack's services */
  constructor(
    request: RunRequest,
    context: JobContext,
    emit: EventSink,
    agents: AgentAccess = { find: findFleet },
  ) {
    this.request = request;
    this.context = context;
    this.emit = emit;
    this.agents = agents;
    const { run, scenario, target, workload, benchmark } = request;
    this.load = { workload, benchmark };
    this.live = new Live(target.influx, { run, scenario }, benchmark.slo);
    this.network = new NetworkWatch(request, context, this.live, emit);
    this.steps = [...request.finished];
    this.history = this.steps.map((step) => trialOf(step, estimatedSeconds(step)));
  }

  /**
   * Runs all remaining steps.
   *
   * @returns the event that ends the run
   * @throws SwarmbenchError if the run fails or is stopped; the event has been emitted before
   */
  async run(): Promise<End> {
    this.exchange = await Exchange.open(this.clock, 0, this.request.target.token, this.agents.address);
    try {
      await this.begin();
      await this.network.before();
      this.scaleTo(await scaleOf(this.request, this.history, (step) => this.runPlanned(step)));
      for (;;) {
        const next = nextStep(this.load.workload, this.load.benchmark, this.history);
        if ("done" in next) return await this.end(next.done);
        await this.runPlanned(next.step);
      }
    } catch (error) {
      return await this.fail(error as Error);
    } finally {
      this.exchange.close();
    }
  }

  private async begin(): Promise<void> {
    const { run, scenario, workload, benchmark, finished, target } = this.request;
    const { slo } = benchmark;
    let { conditions } = this.request;
    let warnings: string[] = [];
    try {
      const fleet = await this.agents.find(target, run, this.context);
      const clients = [workload.client, ...((benchmark.sweep?.client ?? []) as Client[])];
      conditions = await withFleet(conditions, fleet, target, clients);
      warnings = [...faultWarnings(fleet), ...idempotenceWarnings(workload, benchmark)];
    } finally {
      this.emit({
        event: "run",
        schemaVersion: SCHEMA_VERSION,
        run,
        scenario,
        at: instant(),
        resumed: finished.length > 0,
        conditions,
        slo,
      });
    }
    for (const text of warnings) this.warn(text);
    this.live.started(`${scenario}: ${sloText(slo)}`);
  }

  private scaleTo(scale: Scale | undefined): void {
    if (!scale) return;
    // A resumed run has the event of the session before.
    const isKnown = this.request.finished.length > 0 && this.request.scale !== undefined;
    if (!isKnown) this.emit({ event: "scale", at: instant(), ...scale });
    this.context.progress(scaleSentence(scale) ?? "");
    this.load = scaledPlan(this.load, scale, this.history);
    this.isScaled = scale.factor < 1;
  }

  private warn(text: string): void {
    this.emit({ event: "warning", at: instant(), text });
  }

  private async runPlanned(planned: PlannedStep): Promise<void> {
    const number = this.steps.length + 1;
    const isPreheat = planned.phase === "preheat";
    const position = isPreheat ? "preheat" : stepText(number, this.left());
    const label = `${position}: ${valuesText(planned.values)}`;
    const startUs = this.clock.nowUs();
    this.emit({ event: "step-started", at: instant(), step: number, values: planned.values });
    const fleet = await this.agents.find(this.request.target, this.request.run, this.context);
    const order = { ...this.orderOf(planned, number, fleet), ...(await this.network.begin()) };
    const result = await this.tryStep(order, label);
    result.network = await this.network.end(order);
    const seconds = (this.clock.nowUs() - startUs) / 1e6;
    if (!isPreheat) this.durations.push(seconds);
    this.steps.push(result);
    this.history.push(trialOf(result, seconds));
    this.emit({ event: "step", at: instant(), result });
    if (!isPreheat) this.emitSearchState(number);
    this.live.step(result, Object.keys(planned.values)[0] ?? "producers");
    this.context.progress(`${label}: ${isPreheat ? preheatText(result) : resultText(result)}`);
    if (this.failures >= FAILURES_IN_A_ROW || (this.failures === 1 && this.steps.length === 1)) {
      throw runError(this.lastError);
    }
  }

  private emitSearchState(step: number): void {
    const { workload, benchmark } = this.load;
    const state = searchStateSoFar(workload, benchmark, this.history);
    if (state) this.emit({ event: "search", at: instant(), step, ...state });
  }

  private orderOf(planned: PlannedStep, number: number, fleet: Fleet): Omit<StepOrder, "probes" | "network"> {
    const { run, target } = this.request;
    const { phase, values, searchedP99Ms } = planned;
    // A preheat of an earlier session says nothing about the brokers of this one.
    const session = this.history.slice(this.request.finished.length);
    const usual = benchmarkOf(phase, this.load.benchmark, session);
    return {
      run,
      number,
      phase,
      values,
      searchedP99Ms,
      target,
      fleet,
      workload: withValues(this.load.workload, values),
      benchmark: withMeasuredTime(usual, planned, this.load, this.isScaled),
    };
  }

  /** Runs a step. A failure is a result too: the run keeps the other steps and continues. */
  private async tryStep(order: StepOrder, label: string): Promise<Step> {
    const { producers, groups } = order.workload;
    const consumers = groups * consumersInGroup(order.workload);
    const startedAt = instant();
    try {
      const result = await runStep(
        order,
        this.clock,
        this.exchange,
        {
          phase: (phase) => this.show(`${label}: ${phase}`),
          event: (event) => this.emit(event),
          second: (second, phase) => {
            this.emit({ event: "second", step: order.number, second: withoutHistograms(second) });
            this.emitRebalance(order.number, second);
            this.live.second(order.number, second, { producers, consumers });
            this.show(`${label}: ${phase}: ${secondText(second)}${this.timeLeft()}`);
          },
        },
        this.context.signal,
      );
      this.failures = 0;
      return result;
    } catch (error) {
      if (this.context.signal.aborted) throw error;
      this.failures += 1;
      this.lastError = error as Error;
      return failedStep(order, startedAt, [reason(error)]);
    }
  }

  /** While consumers connect and warm up, groups rebalance anyway. */
  private emitRebalance(step: number, { at, measured, rejoins }: MergedSecond): void {
    if (!measured || rejoins === 0) return;
    this.emit({ event: "rebalance", at: new Date(at * 1_000).toISOString(), step, consumers: rejoins });
  }

  /** Shows a progress line, but at most one every {@link SHOW_EVERY_SEC}. */
  private show(line: string): void {
    const nowSec = this.clock.nowUs() / 1e6;
    if (nowSec - this.shownSec < SHOW_EVERY_SEC) return;
    this.shownSec = nowSec;
    this.context.progress(`${STATUS_PREFIX}${line}`);
  }

  private left(): { least: number; most: number } {
    return stepsLeft(this.load.workload, this.load.benchmark, this.history);
  }

  private timeLeft(): string {
    if (this.durations.length === 0) return "";
    const mean = this.durations.reduce((sum, seconds) => sum + seconds, 0) / this.durations.length;
    return `; at least ${timeText(this.left().least * mean)} left`;
  }

  private async end({ knee, bracket, searchReason, otherKnees }: SearchResults): Promise<End> {
    const measured = this.steps.filter(({ phase }) => phase !== "preheat");
    const verdict = knee ? "ok" : worstVerdict(measured.map((step) => step.verdict));
    const text = knee ? `knee at ${knee.value} ${knee.variable}` : searchReason || verdict;
    return this.close({ knee, bracket, searchReason, otherKnees, verdict }, text);
  }

  private async fail(error: Error): Promise<never> {
    const interrupted = this.context.signal.aborted;
    const cause = interrupted ? "it was stopped" : reason(error);
    const verdict = interrupted ? "interrupted" : "failed";
    const { workload, benchmark } = this.load;
    const searchReason = benchmark.search ? cause : "";
    const bracket = bracketSoFar(workload, benchmark, this.history, cause);
    const otherKnees = otherKneesSoFar(workload, benchmark, this.history, cause);
    this.emit(
      await this.close({ knee: null, bracket, searchReason, otherKnees, verdict, error: cause }, cause),
    );
    if (!interrupted) throw error;
    throw new SwarmbenchError("interrupted", "the run was stopped", {
      hint: "Finished steps are kept: continue with --resume.",
    });
  }

  private async close(end: Omit<End, "event" | "at" | "points">, text: string): Promise<End> {
    await this.network.close();
    this.live.ended(text, end.verdict, end.knee);
    const counts = await this.live.close();
    if (counts && counts.lost > 0) {
      const total = counts.lost + counts.written;
      this.warn(`${counts.lost} of ${total} points were not written to InfluxDB (${counts.reason})`);
    }
    const points = counts && { written: counts.written, lost: counts.lost };
    return { event: "end", at: instant(), ...end, points };
  }
}

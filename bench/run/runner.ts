// A run: step after step, as the plan says, until it is done, cannot go on, or is asked to stop.
import type { Client } from "../../contract/clients.ts";
import type { RunRequest } from "../../contract/request.ts";
import { type RunEvent, SCHEMA_VERSION, type Step } from "../../contract/result.ts";
import { withValues } from "../../contract/stepWorkload.ts";
import { valuesText } from "../../contract/text.ts";
import { worstVerdict } from "../../contract/verdicts.ts";
import { Exchange } from "../exchange/exchange.ts";
import type { JobContext } from "../job.ts";
import { sloText } from "../measure/evaluate.ts";
import { nextStep, stepsLeft } from "../plan/index.ts";
import { lengthOf, type PlannedStep, type Trial, trialOf } from "../plan/trial.ts";
import { Problem, reason } from "../problem.ts";
import { openWallClock } from "../wallClock.ts";
import { withFleet } from "./conditions.ts";
import { type EventSink, instant } from "./events.ts";
import { faultWarnings } from "./faults.ts";
import { type Fleet, findFleet } from "./fleet.ts";
import { Live } from "./live.ts";
import { NetworkWatch } from "./network.ts";
import { resultText, secondText, stepText, timeText } from "./progress.ts";
import { runStep } from "./step.ts";
import type { StepOrder } from "./stepOrder.ts";
import { failedStep } from "./stepResult.ts";
import { plain } from "./timeline.ts";

type End = Extract<RunEvent, { event: "end" }>;

/** A second in a row that could not be carried out, or the first of all, ends the run: nothing works then. */
const FAILURES_IN_A_ROW = 2;
/** Lines about a step that goes on are this far apart. */
const SHOW_EVERY_SEC = 3;

export class Runner {
  private readonly clock = openWallClock();
  private exchange!: Exchange;
  private readonly live: Live;
  private readonly network: NetworkWatch;
  private readonly steps: Step[];
  /** What each step took, s: of this session, for the time that is left. */
  private readonly took: number[] = [];
  private readonly history: Trial[];
  private failures = 0;
  private lastProblem: Error | undefined;
  private shownSec = 0;

  private readonly request: RunRequest;
  private readonly context: JobContext;
  private readonly emit: EventSink;

  constructor(request: RunRequest, context: JobContext, emit: EventSink) {
    this.request = request;
    this.context = context;
    this.emit = emit;

    const { run, scenario, target, benchmark } = request;
    this.live = new Live(target.influx, { run, scenario }, benchmark.slo);
    this.network = new NetworkWatch(request, context, this.live, emit);
    this.steps = [...request.finished];
    this.history = this.steps.map((step) => trialOf(step, lengthOf(step)));
  }

  /** @returns the event that ends the run. @throws Problem where it could not go on, after it has written that event */
  async run(): Promise<End> {
    const { benchmark, workload } = this.request;
    this.exchange = await Exchange.open(this.clock, 0);
    try {
      await this.begin();
      await this.network.before();
      for (;;) {
        const next = nextStep(workload, benchmark, this.history);
        if ("done" in next) return await this.end(next.done.knee, next.done.searchReason);
        await this.carryOut(next.step);
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
      const fleet = await findFleet(target.agents, run, this.context);
      const clients = [workload.client, ...((benchmark.sweep?.client ?? []) as Client[])];
      conditions = await withFleet(conditions, fleet, target, clients);
      warnings = faultWarnings(fleet);
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

  private warn(text: string): void {
    this.emit({ event: "warning", at: instant(), text });
  }

  private async carryOut(planned: PlannedStep): Promise<void> {
    const number = this.steps.length + 1;
    const label = `${stepText(number, this.left())}: ${valuesText(planned.values)}`;
    const began = this.clock.nowUs();
    this.emit({ event: "step-started", at: instant(), step: number, values: planned.values });
    const fleet = await findFleet(this.request.target.agents, this.request.run, this.context);
    const order = this.orderOf(planned, number, fleet);
    await this.network.begin();
    const result = await this.tryStep(order, label);
    result.network = await this.network.end(order);
    const seconds = (this.clock.nowUs() - began) / 1e6;
    this.took.push(seconds);
    this.steps.push(result);
    this.history.push(trialOf(result, seconds));
    this.emit({ event: "step", at: instant(), result });
    this.live.step(result, Object.keys(planned.values)[0] ?? "producers");
    this.context.progress(`${label}: ${resultText(result)}`);
    if (this.failures >= FAILURES_IN_A_ROW || (this.failures === 1 && this.steps.length === 1)) {
      throw this.lastProblem;
    }
  }

  private orderOf({ phase, values }: PlannedStep, number: number, fleet: Fleet): StepOrder {
    const { run, workload, benchmark, target } = this.request;
    return {
      run,
      number,
      phase,
      values,
      target,
      fleet,
      workload: withValues(workload, values),
      benchmark:
        phase === "soak" ? { ...benchmark, duration: benchmark.soak ?? benchmark.duration } : benchmark,
    };
  }

  /** What cannot be carried out is a step as well, without figures: the others are kept, and tell. */
  private async tryStep(order: StepOrder, label: string): Promise<Step> {
    const { producers, consumers, groups } = order.workload;
    const startedAt = instant();
    try {
      const result = await runStep(
        order,
        this.clock,
        this.exchange,
        {
          doing: (what) => this.show(`${label}: ${what}`, SHOW_EVERY_SEC),
          second: (second, what) => {
            this.emit({ event: "second", step: order.number, second: plain(second) });
            this.live.second(order.number, second, { producers, consumers: consumers * groups });
            this.show(`${label}: ${what}: ${secondText(second)}${this.timeLeft()}`, SHOW_EVERY_SEC);
          },
        },
        this.context.signal,
      );
      this.failures = 0;
      return result;
    } catch (error) {
      if (this.context.signal.aborted) throw error;
      this.failures += 1;
      this.lastProblem = error as Error;
      return failedStep(order, startedAt, [reason(error)]);
    }
  }

  private show(line: string, everySec: number): void {
    const nowSec = this.clock.nowUs() / 1e6;
    if (nowSec - this.shownSec < everySec) return;
    this.shownSec = nowSec;
    this.context.progress(line);
  }

  private left(): { least: number; most: number } {
    return stepsLeft(this.request.workload, this.request.benchmark, this.history);
  }

  private timeLeft(): string {
    if (this.took.length === 0) return "";
    const each = this.took.reduce((sum, seconds) => sum + seconds, 0) / this.took.length;
    return `; ${timeText(this.left().least * each)} or more to go`;
  }

  private async end(knee: End["knee"], searchReason: string): Promise<End> {
    const verdict = knee ? "ok" : worstVerdict(this.steps.map((step) => step.verdict));
    const text = knee ? `knee at ${knee.value} ${knee.variable}` : searchReason || verdict;
    return this.close({ knee, searchReason, verdict }, text);
  }

  private async fail(error: Error): Promise<never> {
    const interrupted = this.context.signal.aborted;
    const why = interrupted ? "it was asked to stop" : reason(error);
    const verdict = interrupted ? "interrupted" : "failed";
    this.emit(
      await this.close(
        { knee: null, searchReason: this.request.benchmark.search ? why : "", verdict, error: why },
        why,
      ),
    );
    if (!interrupted) throw error;
    throw new Problem("the run was stopped", "Finished steps are kept: go on with --resume.");
  }

  private async close(end: Omit<End, "event" | "at" | "points">, text: string): Promise<End> {
    await this.network.close();
    this.live.ended(text, end.verdict, end.knee);
    const tally = await this.live.close();
    if (tally && tally.lost > 0) {
      this.warn(
        `${tally.lost} of ${tally.lost + tally.written} points did not get into InfluxDB (${tally.why})`,
      );
    }
    const points = tally && { written: tally.written, lost: tally.lost };
    return { event: "end", at: instant(), ...end, points };
  }
}

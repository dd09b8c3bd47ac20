// One run: validates and starts it, or takes over one that is under way; follows it to its end; writes its results.
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import type { BenchSummary, RunRequest } from "../../contract/request.ts";
import type { Run, Step } from "../../contract/result.ts";
import type { Scale } from "../../contract/scale.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { junitOfRun } from "../../results/junit.ts";
import { runTable } from "../../results/report/table.ts";
import { allSteps } from "../../results/steps.ts";
import { readResults, writeResults, writeWhole } from "../../results/store.ts";
import { summaryOf } from "../../results/summary.ts";
import { leaseOf } from "../../testbeds/index.ts";
import { interruption } from "../lib/signals.ts";
import { shownPath } from "../lib/userPaths.ts";
import { watchLine } from "../watch/url.ts";
import type { Arguments } from "./arguments.ts";
import { withChanges } from "./changes.ts";
import { checkout } from "./checkout.ts";
import type { RunnerState } from "./container.ts";
import { EventLog } from "./eventLog.ts";
import { type OpenFaults, openFaults } from "./faults/openFaults.ts";
import { LeaseWatch } from "./leaseWatch.ts";
import { outOfTimeError } from "./outOfTime.ts";
import {
  agentCounts,
  conditionsOf,
  finishedSteps,
  planKey,
  runName,
  sameLoad,
  validated,
} from "./request.ts";
import { begin, follow, isTaken, type Session } from "./session.ts";
import { forgetUnfinished, noteUnfinished, unfinishedRun } from "./unfinished.ts";

/** A run that reached its end. */
export interface Outcome {
  /** Absolute path of its results. */
  folder: string;
  run: Run;
  summary: BenchSummary;
  exitCode: number;
}

/**
 * Runs the benchmark once. With the `scale` of another run, its loads are scaled in the same way.
 *
 * @throws SwarmbenchError when the run could not start or did not reach its end
 */
export async function runOnce(
  session: Session,
  args: Arguments,
  { changes, scale }: { changes: readonly string[]; scale?: Scale | undefined },
): Promise<Outcome> {
  const { results } = args;
  const resumed =
    args.resume === undefined ? undefined : { folder: args.resume, run: readResults(args.resume) };
  const { key, wanted } = prepare(session, changes, resumed?.run);
  const taken = await takeOver(session, key, args);
  if (taken !== undefined) {
    const folder = path.join(results, taken);
    const { steps, scale: found } = knownOf(folder);
    const watch = watchOf(session, { ...wanted, scale: found }, steps);
    const faults = await openFaults(session, wanted.benchmark);
    return finish(session, args, { folder, changes, watch, faults });
  }
  const earlier = resumed ?? (args.fromUp ? earlierUp(session, results, key) : undefined);
  const request = requestOf(session, { ...wanted, scale: earlier?.run.scale ?? scale }, earlier?.run);
  const watch = watchOf(session, request, request.finished);
  await watch?.before();
  const faults = await openFaults(session, request.benchmark);
  const machines = await session.container.machines();
  request.conditions = conditionsOf(session.plan, wanted, { ...(await checkout()), machines });
  session.progress(`${earlier ? "resuming" : "starting"} run ${request.run}`);
  session.progress(watchLine(results));
  const folder = earlier?.folder ?? path.join(results, request.run);
  await begin(session, request, key, args.fromUp ? "up" : "hand").catch((error) => {
    throw isTaken(error) ? startedMeanwhile(session) : error;
  });
  if (watch && args.fromUp) rememberUnfinished(session, results, { run: path.basename(folder), plan: key });
  return finish(session, args, { folder, changes, watch, faults });
}

type Wanted = Pick<RunRequest, "workload" | "benchmark" | "scale">;

/** The load of a run with these changes, and the key of its plan. Validates everything before anything is started. */
export function prepare(
  { plan }: Session,
  changes: readonly string[],
  earlier: Run | undefined,
): { key: string; wanted: Wanted } {
  const settings = withChanges({ workload: plan.workload, benchmark: plan.benchmark }, changes);
  const wanted =
    changes.length > 0
      ? validated(settings, agentCounts(plan), plan.target.kafka.brokers.length)
      : { workload: plan.workload, benchmark: plan.benchmark };
  if (earlier) assertSameLoad(earlier, wanted);
  return { key: planKey(plan, settings), wanted };
}

function requestOf({ plan }: Session, wanted: Wanted, earlier: Run | undefined): RunRequest {
  return {
    run: earlier?.run ?? runName(plan.scenario, new Date()),
    scenario: plan.scenario,
    target: plan.target,
    ...wanted,
    conditions: conditionsOf(plan, wanted, { version: "", commit: null, dirty: null, machines: [] }),
    finished: earlier ? finishedSteps(allSteps(earlier)) : [],
  };
}

/** Watches the lease of the nodes; undefined if they are not reserved. */
function watchOf(
  { plan, reservation }: Session,
  wanted: Wanted,
  finished: readonly Step[],
): LeaseWatch | undefined {
  if (!reservation) return undefined;
  const nodes = plan.target.network?.nodes.length ?? 0;
  const { workload, benchmark, scale } = wanted;
  const planned = { scenario: plan.scenario, nodes, workload, benchmark, scale };
  return new LeaseWatch(leaseOf(reservation), reservation.watch, planned, finished);
}

/** The steps of a run whose events have been fetched so far, and how its loads are scaled. */
function knownOf(folder: string): { steps: Step[]; scale?: Scale | undefined } {
  try {
    const run = readResults(folder);
    return { steps: allSteps(run), scale: run.scale };
  } catch {
    return { steps: [] }; // no events yet
  }
}

interface Earlier {
  folder: string;
  run: Run;
}

/** The run of the same plan that an earlier `up` started, and whose nodes were gone before its end. */
function earlierUp(
  { plan, reservation, progress }: Session,
  results: string,
  key: string,
): Earlier | undefined {
  const folder = reservation && unfinishedRun(results, plan.scenario, key);
  if (folder === undefined) return undefined;
  try {
    return { folder, run: readResults(folder) };
  } catch (error) {
    progress(`warning: the unfinished run was not resumed: ${(error as Error).message}`);
    return undefined;
  }
}

function rememberUnfinished(
  { plan, progress }: Session,
  results: string,
  unfinished: { run: string; plan: string },
): void {
  try {
    mkdirSync(results, { recursive: true });
    noteUnfinished(results, plan.scenario, unfinished);
  } catch (error) {
    progress(`warning: ${(error as Error).message}. The next pulumi up cannot resume this run`);
  }
}

/** Steps of two loads must not end up in one run. @throws SwarmbenchError run-differs */
function assertSameLoad(earlier: Run, wanted: Wanted): void {
  if (sameLoad(earlier.conditions, wanted)) return;
  throw new SwarmbenchError("run-differs", `${earlier.run} has a different workload or benchmark`, {
    hint: "Use the same --set as before (see conditions in its run.json), or start a new run.",
  });
}

/**
 * Handles a runner that already exists on the manager. A run of the same plan is followed, or its results are fetched if no
 * command followed it to its end. A run of an earlier `up` with a different plan is stopped. Any other active run is left alone.
 *
 * @returns the name of the run to follow instead of starting a new one
 * @throws SwarmbenchError run-busy when another run is under way
 */
async function takeOver(session: Session, key: string, args: Arguments): Promise<string | undefined> {
  const { container, progress } = session;
  const runner = await container.find();
  if (!runner) return undefined;
  const origin = args.fromUp ? "up" : "hand";
  if (runner.plan === key && runner.origin === origin && runner.exitCode === 0) {
    progress(
      runner.running
        ? `following run ${runner.run}, which is under way`
        : `fetching the results of run ${runner.run}`,
    );
    return runner.run;
  }
  if (runner.running && !(args.fromUp && runner.origin === "up")) throw busy(runner, session);
  progress(
    runner.running
      ? `stopping run ${runner.run}, which has a different plan`
      : `fetching the results of run ${runner.run}`,
  );
  if (runner.running) await container.stop();
  const other = { folder: path.join(args.results, runner.run), changes: [] };
  // The JUnit file is that of the run to come.
  await finish({ ...session, progress: () => {} }, { ...args, junit: undefined }, other).catch((error) =>
    progress(`run ${runner.run}: ${(error as Error).message}`),
  );
  return undefined;
}

function busy({ run }: RunnerState, { plan }: Session): SwarmbenchError {
  return new SwarmbenchError("run-busy", `run ${run} is under way on this stack`, {
    hint: `Wait for its end, or stop it: npm run bench -- -s ${plan.scenario} --stop`,
  });
}

function startedMeanwhile({ plan }: Session): SwarmbenchError {
  return new SwarmbenchError("run-busy", "another run was started on this stack at the same time", {
    hint: `Wait for its end, or stop it: npm run bench -- -s ${plan.scenario} --stop`,
  });
}

interface Ending {
  folder: string;
  /** The values of --set, which are needed again to resume the run. */
  changes: readonly string[];
  watch?: LeaseWatch | undefined;
  faults?: OpenFaults | undefined;
}

/** Follows the runner to its end, and writes the results. */
async function finish(session: Session, args: Arguments, ending: Ending): Promise<Outcome> {
  const { folder, changes, watch } = ending;
  const { scenario } = session.plan;
  const { fromUp } = args;
  const stopped = (reason: string) =>
    outOfTimeError(reason, { scenario, changes, folder: shownPath(folder), fromUp });
  const log = openLog(folder);
  const code = await followWatched(session, log, ending).catch(async (error: Error) => {
    if (!watch?.expired) throw error;
    await writeAndPrint(session, folder).catch(() => {}); // the events are in the folder already
    throw stopped(`the reservation has ended, and ${error.message}`);
  });
  const run = await writeAndPrint(session, folder);
  // Also for a run that failed or was stopped: a CI gate must not mistake a missing file for success.
  if (args.junit !== undefined) writeWhole(args.junit, junitOfRun(run));
  const isOutOfTime =
    watch?.stopped !== undefined && run.verdict === "interrupted" && !session.signal.aborted;
  if (isOutOfTime) throw stopped(watch.stopped ?? "");
  if (watch && fromUp) forgetUnfinished(args.results, scenario);
  if (session.signal.aborted) throw interrupted(session, folder);
  if (code !== 0) throw failed(session, run, folder);
  const exitCode = args.failOnSlo && !meetsSlo(run) ? EXIT.sloMissed : EXIT.done;
  return { folder, run, summary: summaryOf(run, folder), exitCode };
}

async function followWatched(session: Session, log: EventLog, ending: Ending): Promise<number> {
  const { watch, faults, folder } = ending;
  const running = faults?.begin(path.basename(folder), log);
  const signal = watch ? AbortSignal.any([session.signal, watch.signal]) : session.signal;
  const stop = () => running?.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const event = (line: string, isNew: boolean) => {
    session.event?.(line, isNew);
    watch?.take(line);
    if (isNew) running?.take(line);
  };
  watch?.begin();
  try {
    return await follow({ ...session, event, signal }, log);
  } finally {
    watch?.end();
    signal.removeEventListener("abort", stop);
    await running?.end();
  }
}

/** Writes the results, and prints their table. */
async function writeAndPrint(session: Session, folder: string): Promise<Run> {
  const run = readOwnResults(session, folder);
  await writeResults(folder, run).catch((error: Error) => {
    throw new SwarmbenchError(
      "results-not-written",
      `${error.message}. All events are in ${shownPath(folder)}`,
      {
        hint: `Free some disk space, then build the results: npm run report -- ${shownPath(folder)}`,
      },
    );
  });
  session.progress(`\n${runTable(run)}\n\nresults: ${shownPath(folder)}/report.html`);
  return run;
}

/** Events that cannot be read are the runner's failure, not a wrong argument. */
function readOwnResults({ plan }: Session, folder: string): Run {
  try {
    return readResults(folder);
  } catch (error) {
    if (existsSync(path.join(folder, "events.jsonl")))
      throw new SwarmbenchError("run-failed", (error as Error).message, { cause: error });
    throw new SwarmbenchError("run-failed", "the runner ended before it had begun: see its message above", {
      hint: `If this checkout has been updated since the stack came up: npm run setup, then pulumi up -s ${plan.scenario}`,
      cause: error,
    });
  }
}

function openLog(folder: string): EventLog {
  try {
    mkdirSync(folder, { recursive: true });
    return new EventLog(path.join(folder, "events.jsonl"));
  } catch (error) {
    const { message } = error as Error;
    throw new SwarmbenchError("results-not-written", `the results cannot be written: ${message}`, {
      hint: "Choose another folder with --results.",
    });
  }
}

function interrupted(session: Session, folder: string): SwarmbenchError {
  const code = interruption() === EXIT.terminated ? "terminated" : "interrupted";
  return new SwarmbenchError(code, "the run was stopped; finished steps are kept", {
    hint: `Continue it: ${resumeCommand(session, folder)}`,
  });
}

function resumeCommand({ options }: Session, folder: string): string {
  return `npm run bench -- ${options === undefined ? "" : `${options} `}--resume ${shownPath(folder)}`;
}

function failed(session: Session, run: Run, folder: string): SwarmbenchError {
  const hasResults = finishedSteps(run.steps).length > 0;
  const hint = hasResults
    ? `Finished steps are kept. Continue the run: ${resumeCommand(session, folder)}`
    : undefined;
  return new SwarmbenchError("run-failed", `the run failed: ${run.warnings.at(-1) ?? run.searchReason}`, {
    hint,
  });
}

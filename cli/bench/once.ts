// One run: checked, started (or taken over), followed, its results written.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import type { BenchSummary, RunRequest } from "../../contract/request.ts";
import type { Run, Step } from "../../contract/result.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { runTable } from "../../results/report/table.ts";
import { readResults, writeResults } from "../../results/store.ts";
import { summaryOf } from "../../results/summary.ts";
import { leaseOf } from "../../testbeds/index.ts";
import { project } from "../lib/paths.ts";
import type { Arguments } from "./arguments.ts";
import { type Asked, withChanges } from "./changes.ts";
import { checkout } from "./checkout.ts";
import type { Found } from "./container.ts";
import { EventLog } from "./eventLog.ts";
import { LeaseWatch } from "./leaseWatch.ts";
import { outOfTime } from "./outOfTime.ts";
import { checked, conditionsOf, finishedSteps, planKey, runName, sameLoad } from "./request.ts";
import { begin, follow, isTaken, type Session } from "./session.ts";
import { forgetUnfinished, noteUnfinished, unfinishedRun } from "./unfinished.ts";

export interface Outcome {
  folder: string;
  run: Run;
  summary: BenchSummary;
  exitCode: number;
}

/** @throws SwarmbenchError where it could not be run to its end */
export async function runOnce(
  session: Session,
  args: Arguments,
  { changes }: { changes: readonly string[] },
): Promise<Outcome> {
  const results = path.resolve(project, args.results);
  const resumed = args.resume === undefined ? undefined : readEarlier(path.resolve(project, args.resume));
  const { key, wanted } = prepare(session, changes, resumed?.run);
  const taken = await takeOver(session, key, args, results);
  if (taken !== undefined) {
    const folder = path.join(results, taken);
    const watch = watchOf(session, wanted, stepsIn(folder));
    return finish(session, args, { folder, results, changes, watch });
  }
  const earlier = resumed ?? (args.fromUp ? earlierUp(session, results, key) : undefined);
  const request = requestOf(session, wanted, earlier?.run);
  const watch = watchOf(session, wanted, request.finished);
  await watch?.before();
  const machines = await session.container.machines();
  request.conditions = conditionsOf(session.plan, wanted, { ...checkout(), machines });
  session.progress(`${earlier ? "going on with" : "starting"} run ${request.run}`);
  const folder = earlier?.folder ?? path.join(results, request.run);
  await begin(session, request, key, args.fromUp ? "up" : "hand").catch((error) => {
    throw isTaken(error)
      ? new SwarmbenchError("run-busy", "another run has just begun; see npm run bench -- --help, --stop")
      : error;
  });
  if (watch && args.fromUp) note(session, results, { run: path.basename(folder), plan: key });
  return finish(session, args, { folder, results, changes, watch });
}

type Wanted = Pick<RunRequest, "workload" | "benchmark">;

/** The load that a run with these changes has, and the plan's key. Everything that can be wrong is found before anything is started. */
export function prepare(
  { plan }: Session,
  changes: readonly string[],
  earlier: Run | undefined,
): { key: string; wanted: Wanted } {
  try {
    const asked: Asked = withChanges({ workload: plan.workload, benchmark: plan.benchmark }, changes);
    const wanted =
      changes.length > 0 ? checked(asked) : { workload: plan.workload, benchmark: plan.benchmark };
    if (earlier) refuseOther(earlier, wanted);
    return { key: planKey(plan, asked), wanted };
  } catch (error) {
    throw error instanceof SwarmbenchError
      ? error
      : new SwarmbenchError("settings-invalid", `nothing was started:\n${(error as Error).message}`);
  }
}

function requestOf({ plan }: Session, wanted: Wanted, earlier: Run | undefined): RunRequest {
  return {
    run: earlier?.run ?? runName(plan.scenario, new Date()),
    scenario: plan.scenario,
    target: plan.target,
    ...wanted,
    conditions: conditionsOf(plan, wanted, { version: "", commit: null, dirty: null, machines: [] }),
    finished: earlier ? finishedSteps(earlier.steps) : [],
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
  const planned = { scenario: plan.scenario, nodes, workload: wanted.workload, benchmark: wanted.benchmark };
  return new LeaseWatch(leaseOf(reservation), reservation.watch, planned, finished);
}

/** Of a run that is followed: what was heard of it so far. */
function stepsIn(folder: string): Step[] {
  try {
    return readResults(folder).steps;
  } catch {
    return []; // nothing yet
  }
}

interface Earlier {
  folder: string;
  run: Run;
}

/** The run of this plan that an `up` before this one began, and whose nodes were gone before its end. */
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
    progress(`an unfinished run is not gone on with: ${(error as Error).message}`);
    return undefined;
  }
}

function note({ plan, progress }: Session, results: string, unfinished: { run: string; plan: string }): void {
  try {
    mkdirSync(results, { recursive: true });
    noteUnfinished(results, plan.scenario, unfinished);
  } catch (error) {
    progress(`warning: ${(error as Error).message}; the next pulumi up would begin a new run`);
  }
}

function readEarlier(folder: string): Earlier {
  try {
    return { folder, run: readResults(folder) };
  } catch (error) {
    throw new SwarmbenchError("run-unreadable", `--resume: ${(error as Error).message}`);
  }
}

/** Steps of another load would be taken for steps of this one. */
function refuseOther(earlier: Run, wanted: Wanted): void {
  if (sameLoad(earlier.conditions, wanted)) return;
  throw new SwarmbenchError(
    "run-differs",
    `${earlier.run} was of another workload or benchmark; set them as they were (its run.json, conditions), or begin a new run`,
  );
}

/**
 * What is done about a runner that is there already: the same plan's is followed, or its results fetched, where it was not
 * seen to its end; another one of `up`, whom nobody follows any more, gives way to this; else we do.
 *
 * @returns the name of the run that is to be followed instead of a new one
 */
async function takeOver(
  session: Session,
  key: string,
  args: Arguments,
  results: string,
): Promise<string | undefined> {
  const found = await session.container.find();
  if (!found) return undefined;
  const origin = args.fromUp ? "up" : "hand";
  if (found.plan === key && found.origin === origin && found.exitCode === 0) {
    session.progress(
      found.running ? `following run ${found.run}, which is under way` : `fetching run ${found.run}`,
    );
    return found.run;
  }
  if (found.running && !(args.fromUp && found.origin === "up"))
    throw new SwarmbenchError("run-busy", busy(found, session));
  session.progress(
    found.running ? `stopping run ${found.run}: something else is asked for` : `fetching run ${found.run}`,
  );
  if (found.running) await session.container.stop();
  const other = { folder: path.join(results, found.run), results, changes: [] };
  await finish({ ...session, progress: () => {} }, args, other).catch((error) =>
    session.progress(`run ${found.run}: ${(error as Error).message}`),
  );
  return undefined;
}

function busy({ run }: Found, { plan }: Session): string {
  return `run ${run} is under way on this stack. Wait for its end, or stop it: npm run bench -- -s ${plan.scenario} --stop`;
}

interface Ending {
  folder: string;
  results: string;
  /** What was asked for by --set, which a run that goes on must be asked for again. */
  changes: readonly string[];
  watch?: LeaseWatch;
}

/** Follows the runner to its end, and makes of its events what a user reads. */
async function finish(session: Session, args: Arguments, ending: Ending): Promise<Outcome> {
  const { folder, results, changes, watch } = ending;
  const { scenario } = session.plan;
  const stopped = (why = "") =>
    outOfTime(why, { scenario, changes, folder: path.relative(project, folder), fromUp: args.fromUp });
  const log = openLog(folder);
  const code = await followWatched(session, log, ending).catch(async (error: Error) => {
    if (!watch?.expired) throw error;
    await show(session, folder).catch(() => {}); // what is there has been written down already
    throw new SwarmbenchError("out-of-time", `${error.message}\n${stopped("its time is up")}`);
  });
  const run = await show(session, folder);
  const outOf = watch?.stopped !== undefined && run.verdict === "interrupted" && !session.signal.aborted;
  if (outOf) throw new SwarmbenchError("out-of-time", stopped(watch.stopped));
  if (watch && args.fromUp) forgetUnfinished(results, scenario);
  if (session.signal.aborted) throw new SwarmbenchError("interrupted", interrupted(folder));
  if (code !== 0) throw new SwarmbenchError("run-failed", failed(run, folder));
  const exitCode = args.failOnSlo && !meetsSlo(run) ? EXIT.sloMissed : EXIT.done;
  return { folder, run, summary: summaryOf(run, folder), exitCode };
}

async function followWatched(session: Session, log: EventLog, { watch }: Ending): Promise<number> {
  if (!watch) return follow(session, log);
  const event = (line: string) => {
    session.event?.(line);
    watch.hear(line);
  };
  watch.begin();
  try {
    return await follow({ ...session, event, signal: AbortSignal.any([session.signal, watch.signal]) }, log);
  } finally {
    watch.end();
  }
}

/** Writes the results, and shows their table. */
async function show(session: Session, folder: string): Promise<Run> {
  const run = readResults(folder);
  await writeResults(folder, run).catch((error: Error) => {
    throw new SwarmbenchError(
      "results-not-written",
      `${error.message}. All events are in ${folder}: make room, then npm run report -- ${folder}`,
    );
  });
  session.progress(`\n${runTable(run)}\n\nresults: ${path.relative(project, folder)}/report.html`);
  return run;
}

function openLog(folder: string): EventLog {
  try {
    mkdirSync(folder, { recursive: true });
    return new EventLog(path.join(folder, "events.jsonl"));
  } catch (error) {
    throw new SwarmbenchError(
      "results-not-written",
      `results cannot be written: ${(error as Error).message}; see --results`,
    );
  }
}

function interrupted(folder: string): string {
  return `the run was stopped. Go on with it: npm run bench -- --resume ${path.relative(project, folder)}`;
}

function failed(run: Run, folder: string): string {
  const why = run.warnings.at(-1) ?? run.searchReason;
  const kept = finishedSteps(run.steps).length > 0;
  const next = kept
    ? `. Finished steps are kept; go on: npm run bench -- --resume ${path.relative(project, folder)}`
    : "";
  return `the run failed: ${why}${next}`;
}

// One run: checked, started (or taken over), followed, its results written.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { BenchSummary, RunRequest } from "../../contract/request";
import type { Run } from "../../contract/result";
import { readResults, writeResults } from "../../report/store";
import { runTable, summaryOf } from "../../report/table";
import type { Arguments } from "./arguments";
import { type Asked, withChanges } from "./changes";
import type { Found } from "./container";
import { EventLog } from "./eventLog";
import { EXIT, Failure, UsageError } from "./exit";
import { checked, conditionsOf, finishedSteps, planKey, runName } from "./request";
import { begin, follow, isTaken, type Session } from "./session";

const project = path.resolve(__dirname, "../..");

export interface Outcome {
  folder: string;
  run: Run;
  summary: BenchSummary;
  exitCode: number;
}

/** @throws Failure where it could not be run to its end */
export async function runOnce(
  session: Session,
  args: Arguments,
  { changes }: { changes: readonly string[] },
): Promise<Outcome> {
  const results = path.resolve(project, args.results);
  const earlier = args.resume === undefined ? undefined : readEarlier(path.resolve(project, args.resume));
  const { asked, request } = prepare(session, changes, earlier);
  const key = planKey(session.plan, asked);
  const taken = await takeOver(session, key, args, results);
  const name = taken ?? request.run;
  if (taken === undefined) {
    const machines = await session.container.machines();
    request.conditions = conditionsOf(session.plan, request, { ...checkout(), machines });
    session.progress(`starting run ${name}`);
    await begin(session, request, key, args.fromUp ? "up" : "hand").catch((error) => {
      throw isTaken(error)
        ? new Failure("another run has just begun; see npm run bench -- --help, --stop")
        : error;
    });
  }
  const folder =
    earlier && taken === undefined ? path.resolve(project, args.resume ?? "") : path.join(results, name);
  return finish(session, args, folder);
}

/** Everything that can be wrong is found before anything is started. */
function prepare(
  session: Session,
  changes: readonly string[],
  earlier: Run | undefined,
): { asked: Asked; request: RunRequest } {
  const { plan } = session;
  try {
    const asked = withChanges({ workload: plan.workload, benchmark: plan.benchmark }, changes);
    const wanted = checked(asked);
    if (earlier) refuseOther(earlier, wanted);
    const request = {
      run: earlier?.run ?? runName(plan.scenario, new Date()),
      ...{ scenario: plan.scenario, target: plan.target, ...wanted },
      conditions: conditionsOf(plan, wanted, { version: "", commit: null, dirty: null, machines: [] }),
      finished: earlier ? finishedSteps(earlier.steps) : [],
    };
    return { asked, request };
  } catch (error) {
    throw error instanceof Failure
      ? error
      : new UsageError(`nothing was started:\n${(error as Error).message}`);
  }
}

function readEarlier(folder: string): Run {
  try {
    return readResults(folder);
  } catch (error) {
    throw new UsageError(`--resume: ${(error as Error).message}`);
  }
}

/** Steps of another load would be taken for steps of this one. */
function refuseOther(earlier: Run, wanted: Pick<RunRequest, "workload" | "benchmark">): void {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const { content: _, ...workload } = JSON.parse(JSON.stringify(wanted.workload));
  const { content: __, ...before } = earlier.conditions.workload;
  const benchmark = JSON.parse(JSON.stringify(wanted.benchmark));
  if (same(workload, before) && same(benchmark, earlier.conditions.benchmark)) return;
  throw new Failure(
    `${earlier.run} was of another workload or benchmark; set them as they were (its run.json, conditions), or begin a new run`,
    EXIT.usage,
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
  if (found.running && !(args.fromUp && found.origin === "up")) throw new Failure(busy(found, session));
  session.progress(
    found.running ? `stopping run ${found.run}: something else is asked for` : `fetching run ${found.run}`,
  );
  if (found.running) await session.container.stop();
  await finish({ ...session, progress: () => {} }, args, path.join(results, found.run)).catch((error) =>
    session.progress(`run ${found.run}: ${(error as Error).message}`),
  );
  return undefined;
}

function busy({ run }: Found, { plan }: Session): string {
  return `run ${run} is under way on this stack. Wait for its end, or stop it: npm run bench -- -s ${plan.scenario} --stop`;
}

/** Follows the runner to its end, and makes of its events what a user reads. */
async function finish(session: Session, args: Arguments, folder: string): Promise<Outcome> {
  const log = openLog(folder);
  const code = await follow(session, log);
  const run = readResults(folder);
  await writeResults(folder, run).catch((error: Error) => {
    throw new Failure(
      `${error.message}. All events are in ${folder}: make room, then npm run report -- ${folder}`,
    );
  });
  session.progress(`\n${runTable(run)}\n\nresults: ${path.relative(project, folder)}/report.html`);
  if (session.signal.aborted) throw new Failure(interrupted(folder), EXIT.interrupted);
  if (code !== 0) throw new Failure(failed(run, folder));
  const exitCode = args.failOnSlo && run.verdict !== "ok" ? EXIT.sloMissed : EXIT.done;
  return { folder, run, summary: summaryOf(run, folder), exitCode };
}

function openLog(folder: string): EventLog {
  try {
    mkdirSync(folder, { recursive: true });
    return new EventLog(path.join(folder, "events.jsonl"));
  } catch (error) {
    throw new Failure(`results cannot be written: ${(error as Error).message}; see --results`);
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

/** Of which code the figures are. */
function checkout(): { version: string; commit: string | null; dirty: boolean | null } {
  const { version } = require("../../package.json") as { version: string };
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: project, encoding: "utf8", stdio: "pipe" }).trim();
  try {
    return {
      version,
      commit: git("rev-parse", "HEAD"),
      dirty: git("status", "--porcelain", "--untracked-files=no") !== "",
    };
  } catch {
    return { version, commit: null, dirty: null }; // no git, or no checkout
  }
}

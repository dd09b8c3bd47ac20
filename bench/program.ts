// What the bench image runs: `node bench.mjs JOB`, with the job's input as JSON on standard input, so that no secret is
// in arguments. Progress goes to standard error, the result is one line of JSON on standard output. And
// `node bench.mjs agent ROLE` and `node bench.mjs probe NETWORK`, which serve until they are ended.
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { isRole, runAgent } from "./agent/command.ts";
import { type Job, type JobContext, stderrContext, stopping } from "./job.ts";
import { benchmark } from "./jobs/benchmark.ts";
import { calibrateProxy } from "./jobs/calibrateProxy.ts";
import { calibrateRepeat, calibrateTruncate } from "./jobs/calibrateTopic.ts";
import { grafanaProvision } from "./jobs/grafanaProvision.ts";
import { influxProvision } from "./jobs/influxProvision.ts";
import { influxTokens } from "./jobs/influxTokens.ts";
import { kafkaReady } from "./jobs/kafkaReady.ts";
import { kafkaSettled } from "./jobs/kafkaSettled.ts";
import { metricsReady } from "./jobs/metricsReady.ts";
import { portainerProvision } from "./jobs/portainerProvision.ts";
import { isNetwork, runProbe } from "./probe/command.ts";
import { Problem, reason } from "./problem.ts";

const JOBS: Record<string, Job> = {
  benchmark,
  "calibrate-proxy": calibrateProxy,
  "calibrate-repeat": calibrateRepeat,
  "calibrate-truncate": calibrateTruncate,
  "grafana-provision": grafanaProvision,
  "influx-provision": influxProvision,
  "influx-tokens": influxTokens,
  "kafka-ready": kafkaReady,
  "kafka-settled": kafkaSettled,
  "metrics-ready": metricsReady,
  "portainer-provision": portainerProvision,
};

/** What the program ends with. */
export const EXIT = {
  done: 0,
  /** The job could not be done; standard error says why and what to do next. */
  failed: 1,
  /** No such job, or its input is wrong. */
  usage: 2,
  /** A error of this program. */
  bug: 70,
} as const;

class UsageError extends Error {}

/** Runs a job on its input's text and gives its result. */
export async function runJob(
  name: string | undefined,
  input: string,
  context: JobContext,
  jobs: Record<string, Job> = JOBS,
): Promise<object> {
  const job = Object.hasOwn(jobs, name ?? "") ? jobs[name ?? ""] : undefined;
  if (!job) {
    throw new UsageError(`no such job: ${name ?? "(none given)"}; there are ${Object.keys(jobs).join(", ")}`);
  }
  return job.run(parseInput(job.input, input), context);
}

function parseInput(schema: z.ZodType, input: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(input);
  } catch {
    // Not the parser's own message, which quotes the text and so its secrets.
    throw new UsageError("the input on standard input is no JSON document");
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
  throw new UsageError(`the input on standard input is wrong: ${errors.join("; ")}`);
}

/** The exit code of an error, and what is said about it. */
export function explain(error: unknown): { code: number; message: string } {
  if (error instanceof UsageError) return { code: EXIT.usage, message: `error: ${error.message}` };
  if (error instanceof Problem) {
    return { code: EXIT.failed, message: `error: ${reason(error)}. ${error.next}` };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: EXIT.bug, message: `error: unexpected, please report it: ${stack}` };
}

/** Ends at once, whatever sockets are still open, but not before what was written has left. */
function end(code: number, stream: NodeJS.WriteStream, message: string): void {
  stream.write(`${message}\n`, () => process.exit(code));
}

function fail(error: unknown): void {
  const { code, message } = explain(error);
  end(code, process.stderr, message);
}

/** As a container's first process it gets no default action of a signal. */
function endOnSignals(job: Job | undefined): void {
  const codes = { SIGTERM: 143, SIGINT: 130 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => (job?.stops ? stopping.abort() : process.exit(code)));
  }
}

export function main(name: string | undefined, what: string | undefined): void {
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  if (name === "agent") {
    if (isRole(what)) runAgent(what).catch(fail);
    else fail(new UsageError(`no such agent: ${what ?? "(none given)"}`));
    return;
  }
  if (name === "probe") {
    if (isNetwork(what)) runProbe(what).catch(fail);
    else fail(new UsageError(`no such probe: ${what ?? "(none given)"}`));
    return;
  }
  endOnSignals(Object.hasOwn(JOBS, name ?? "") ? JOBS[name ?? ""] : undefined);
  // Else a promise that nothing will ever settle would end it with success.
  process.on("beforeExit", () => fail(new Error("the job ended without a result")));
  text(process.stdin)
    .then((input) => runJob(name, input, stderrContext))
    .then((result) => end(EXIT.done, process.stdout, JSON.stringify(result)))
    .catch(fail);
}

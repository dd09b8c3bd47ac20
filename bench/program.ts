// The program of the bench image.
// `node bench.mjs JOB` runs one job. Its input is JSON on standard input, so that no secret is in the arguments; progress
// goes to standard error, and the result is one line of JSON on standard output.
// `node bench.mjs agent ROLE` and `node bench.mjs probe NETWORK` serve until they are stopped.
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { SwarmbenchError } from "../contract/errors.ts";
import { plainMessage } from "../contract/plainMessage.ts";
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
import { reason } from "./reason.ts";

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

/** The exit codes of the bench program. */
export const EXIT = {
  done: 0,
  /** The job failed. Standard error has the error and a hint. */
  failed: 1,
  /** Unknown job, or wrong input. */
  usage: 2,
  /** A bug in this program. */
  bug: 70,
} as const;

/**
 * Runs a job and returns its result.
 *
 * @param input the job's input as JSON text
 * @throws SwarmbenchError with the code `usage` for an unknown job or wrong input
 */
export async function runJob(
  name: string | undefined,
  input: string,
  context: JobContext,
  jobs: Record<string, Job> = JOBS,
): Promise<object> {
  const job = Object.hasOwn(jobs, name ?? "") ? jobs[name ?? ""] : undefined;
  if (!job) {
    throw usage(`unknown job: ${name ?? "(none given)"}; expected one of ${Object.keys(jobs).join(", ")}`);
  }
  return job.run(parseInput(job.input, input), context);
}

function parseInput(schema: z.ZodType, input: string): unknown {
  let document: unknown;
  try {
    document = JSON.parse(input);
  } catch {
    // The parser's own message would quote the text, which may hold secrets.
    throw usage("the input on standard input is not JSON");
  }
  const parsed = schema.safeParse(document, { error: plainMessage });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`);
  throw usage(`the input on standard input is wrong: ${errors.join("; ")}`);
}

function usage(message: string): SwarmbenchError {
  return new SwarmbenchError("usage", message);
}

/** The exit code for an error and its text for standard error: message and hint on one line, or a bug's stack. */
export function explain(error: unknown): { code: number; message: string } {
  if (error instanceof SwarmbenchError) {
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    const code = error.code === "usage" ? EXIT.usage : EXIT.failed;
    return { code, message: `error: ${reason(error)}${hint}` };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: EXIT.bug, message: `error: unexpected, please report it: ${stack}` };
}

/** Exits even with open sockets, but only after the message has been written. */
function end(code: number, stream: NodeJS.WriteStream, message: string): void {
  stream.write(`${message}\n`, () => process.exit(code));
}

function fail(error: unknown): void {
  const { code, message } = explain(error);
  end(code, process.stderr, message);
}

/** Exits on signals, or stops the job. The first process of a container has no default signal handlers. */
function endOnSignals(job: Job | undefined): void {
  const codes = { SIGTERM: 143, SIGINT: 130 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => (job?.stops ? stopping.abort() : process.exit(code)));
  }
}

/** Runs the program with its arguments. Exits the process with one of {@link EXIT}. */
export function main(name: string | undefined, what: string | undefined): void {
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  if (name === "agent") {
    if (isRole(what)) runAgent(what).catch(fail);
    else fail(usage(`unknown agent: ${what ?? "(none given)"}`));
    return;
  }
  if (name === "probe") {
    if (isNetwork(what)) runProbe(what).catch(fail);
    else fail(usage(`unknown probe: ${what ?? "(none given)"}`));
    return;
  }
  endOnSignals(Object.hasOwn(JOBS, name ?? "") ? JOBS[name ?? ""] : undefined);
  // Without this, a promise that never settles would end the process with exit code 0.
  process.on("beforeExit", () => fail(new Error("the job ended without a result")));
  text(process.stdin)
    .then((input) => runJob(name, input, stderrContext))
    .then((result) => end(EXIT.done, process.stdout, JSON.stringify(result)))
    .catch(fail);
}

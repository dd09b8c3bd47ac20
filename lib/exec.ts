import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import readline from "node:readline";
import { execa, execaSync } from "execa";
import { SwarmbenchError } from "../contract/errors.ts";

/** How a program ended; `code` is undefined if it was killed. */
export interface Answer {
  code: number | undefined;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** How {@link runProgram} runs a program. */
export interface RunOptions {
  /** @default this process's working directory */
  cwd?: string;
  /** Variables in addition to this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** Sent to its standard input. @default empty */
  input?: string;
  /** Its standard input stays open and empty until this process ends, so that it can notice that. */
  keepInputOpen?: boolean;
  /** Sends its output to the terminal; none of it is returned. */
  show?: boolean;
  /** Sends only its standard error to the terminal. */
  showErrors?: boolean;
  /** Called with each line of standard output as it is printed. */
  onLine?: (line: string) => void;
  /** Runs it in a process group of its own, so that Ctrl-C in the terminal does not reach it directly. */
  detached?: boolean;
  /** @default no limit */
  timeoutMs?: number;
  /** Ends the program when it aborts. */
  signal?: AbortSignal;
  /** Called with the process when it starts. */
  onStart?: (child: ChildProcess) => void;
}

/** How a program ended; `output` has both streams in the order in which they were written. */
export interface Ended extends Answer {
  signal: NodeJS.Signals | undefined;
  output: string;
}

/**
 * Runs a program of this machine until it ends. {@link exec} and {@link ask} are built on this; {@link followProgram} passes on
 * output without keeping it.
 *
 * @throws SwarmbenchError `program-missing` if it is not installed, `program-failed` if it cannot be started
 */
export async function runProgram(file: string, args: string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd, env, show = false, showErrors = show, detached = false, timeoutMs, signal } = options;
  const { input, keepInputOpen = false, onLine, onStart } = options;
  const child = execa(file, args, {
    cwd,
    env,
    detached,
    timeout: timeoutMs,
    cancelSignal: signal,
    stdin: input === undefined && !keepInputOpen ? "ignore" : "pipe",
    input,
    stdout: show ? "inherit" : "pipe",
    stderr: showErrors ? "inherit" : "pipe",
    all: true,
    reject: false,
    cleanup: false, // callers that want it to end with this process use `onStart`
    stripFinalNewline: false,
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  onStart?.(child);
  const lines = onLine ? readLines(child, onLine) : undefined;
  const result = await child;
  await lines;
  if (result.exitCode === undefined && result.signal === undefined && result.cause instanceof Error) {
    if (!result.timedOut && !result.isCanceled) throw startError(file, result.cause);
  }
  return {
    code: result.exitCode,
    signal: result.signal,
    stdout: result.stdout ?? "",
    stderr: result.stderr ?? "",
    output: result.all ?? "",
    timedOut: result.timedOut,
  };
}

/** @throws what `onLine` throws; not the program's own failure, which its result reports */
async function readLines(
  child: { iterable(): AsyncIterable<unknown> },
  onLine: (line: string) => void,
): Promise<void> {
  const errors: unknown[] = [];
  try {
    for await (const line of child.iterable()) {
      try {
        onLine(String(line));
      } catch (error) {
        errors.push(error);
      }
    }
  } catch {
    // the program failed
  }
  if (errors.length > 0) throw errors[0];
}

function startError(file: string, cause: Error): SwarmbenchError {
  return (cause as NodeJS.ErrnoException).code === "ENOENT"
    ? new SwarmbenchError("program-missing", `${file} is not installed`, { cause })
    : new SwarmbenchError("program-failed", `${file}: ${cause.message}`, { cause });
}

/** Standard output of a program that ends within milliseconds; undefined if it fails or is not installed. */
export function askSync(file: string, args: string[]): string | undefined {
  const { exitCode, stdout } = execaSync(file, args, { stdin: "ignore", reject: false });
  return exitCode === 0 ? stdout : undefined;
}

/** A program that runs in the background. */
export interface Daemon {
  /** How it ended, such as "ended with 1"; undefined while it runs. */
  ended: () => string | undefined;
}

/**
 * Starts a program that keeps running after this process has ended.
 *
 * @param logFile gets its output, appended
 */
export function startDaemon(file: string, args: string[], logFile: string): Daemon {
  const log = openSync(logFile, "a");
  let ended: string | undefined;
  spawn(file, args, { detached: true, stdio: ["ignore", log, log] })
    .on("error", (error) => {
      ended = `could not be started: ${error.message}`;
    })
    .on("exit", (code, signal) => {
      ended = `ended with ${signal ?? code}`;
    })
    .unref();
  return { ended: () => ended };
}

/** How {@link followProgram} runs a program. */
export interface FollowOptions extends Pick<RunOptions, "input" | "signal"> {
  /** Called with each line of standard output. */
  onLine: (line: string) => void;
  /** Called with each line of standard error. */
  onErrorLine: (line: string) => void;
}

/**
 * Runs a program in its own process group and passes on its output line by line. No output is kept in memory.
 *
 * @returns the exit code; undefined when a signal ended the program
 * @throws SwarmbenchError `program-missing` or `program-failed` if it could not be started
 */
export async function followProgram(
  file: string,
  args: string[],
  { input = "", signal, onLine, onErrorLine }: FollowOptions,
): Promise<number | undefined> {
  const child = execa(file, args, {
    input,
    detached: true,
    cancelSignal: signal,
    buffer: false,
    reject: false,
    cleanup: false,
  });
  const lines = (stream: NodeJS.ReadableStream, take: (line: string) => void) =>
    once(
      readline.createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take),
      "close",
    );
  const read = Promise.all([lines(child.stdout, onLine), lines(child.stderr, onErrorLine)]);
  const result = await child;
  if (result.exitCode === undefined && result.signal === undefined && !result.isCanceled) {
    throw startError(file, result.cause as Error);
  }
  await read;
  return result.exitCode;
}

/** Returns the standard output of a program of this machine; see {@link exec}. */
export type Exec = (file: string, args: string[], options?: { timeoutMs?: number }) => Promise<string>;

/**
 * Runs a program and returns its standard output.
 *
 * @param options `timeoutMs`: 30 s by default
 * @throws SwarmbenchError `program-failed` with what it printed on standard error as the message, `program-missing`
 */
export const exec: Exec = async (file, args, { timeoutMs = 30_000 } = {}) => {
  const { code, signal, stdout, stderr, timedOut } = await withSetupHint(
    runProgram(file, args, { timeoutMs }),
  );
  if (code === 0) return stdout;
  const how = timedOut ? `timed out after ${timeoutMs / 1000} s` : `ended with ${signal ?? code}`;
  throw new SwarmbenchError("program-failed", stderr.trim() || `${[file, ...args].join(" ")} ${how}`);
};

/** Returns how a program ended; see {@link ask}. */
export type Ask = (
  file: string,
  args: string[],
  options: { input: string; timeoutMs: number; signal?: AbortSignal },
) => Promise<Answer>;

/**
 * Runs a program with `input` as its standard input and returns how it ended, for callers that handle failures themselves.
 *
 * @throws SwarmbenchError `program-missing`, or `program-failed` if it cannot be started
 */
export const ask: Ask = async (file, args, { input, timeoutMs, signal }) => {
  const ended = await withSetupHint(runProgram(file, args, { input, timeoutMs, signal, detached: true }));
  return { code: ended.code, stdout: ended.stdout, stderr: ended.stderr, timedOut: ended.timedOut };
};

/** Adds to the error for a missing program that setup installs it. */
async function withSetupHint<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof SwarmbenchError && error.code === "program-missing")) throw error;
    throw new SwarmbenchError(error.code, `${error.message}; run \`npm run setup\``, { cause: error });
  }
}

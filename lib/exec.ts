import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import readline from "node:readline";
import { execa } from "execa";

/** How a program ended; its code is undefined where it was killed. */
export interface Answer {
  code: number | undefined;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** How {@link runProgram} runs a program. */
export interface RunOptions {
  /** @default this process's */
  cwd?: string;
  /** Beside this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** On its standard input, which is empty without. */
  input?: string;
  /** Its output goes to the terminal, and nothing of it is returned. */
  show?: boolean;
  /** In a process group of its own, so that Ctrl-C reaches it through us alone. */
  detached?: boolean;
  /** @default no limit */
  timeoutMs?: number;
  /** Ends it when it aborts. */
  signal?: AbortSignal;
  /** Is given the process while it runs. */
  onStart?: (child: ChildProcess) => void;
}

/** How a program ended, whichever way; `output` has both of its streams in their order. */
export interface Ended extends Answer {
  signal: NodeJS.Signals | undefined;
  output: string;
}

/** A program that could not be started; `missing`: it is not installed. */
export class NotStarted extends Error {
  readonly missing: boolean;

  constructor(file: string, missing: boolean, cause: Error) {
    super(missing ? `${file} is not installed` : `${file}: ${cause.message}`, { cause });
    this.missing = missing;
  }
}

/**
 * Runs a program of this machine to its end. Every other way to run one is built on this.
 *
 * @throws NotStarted
 */
export async function runProgram(file: string, args: string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd, env, input, show = false, detached = false, timeoutMs, signal, onStart } = options;
  const output = show ? "inherit" : "pipe";
  const child = execa(file, args, {
    cwd,
    env,
    detached,
    timeout: timeoutMs,
    cancelSignal: signal,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    stdout: output,
    stderr: output,
    all: true,
    reject: false,
    cleanup: false, // who wants it ended with us says so by `onStart`
    stripFinalNewline: false,
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  onStart?.(child);
  const result = await child;
  if (result.exitCode === undefined && result.signal === undefined && result.cause instanceof Error) {
    const code = (result.cause as NodeJS.ErrnoException).code;
    if (!result.timedOut && !result.isCanceled) throw new NotStarted(file, code === "ENOENT", result.cause);
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
 * @throws NotStarted
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
  const code = result.cause instanceof Error ? (result.cause as NodeJS.ErrnoException).code : undefined;
  if (result.exitCode === undefined && result.signal === undefined && !result.isCanceled) {
    throw new NotStarted(file, code === "ENOENT", result.cause as Error);
  }
  await read;
  return result.exitCode;
}

/** Output of a program of this machine. Throws with what it printed as the message. */
export type Exec = (file: string, args: string[], options?: { timeoutMs?: number }) => Promise<string>;

export const exec: Exec = async (file, args, { timeoutMs = 30_000 } = {}) => {
  const { code, signal, stdout, stderr, timedOut } = await setUp(runProgram(file, args, { timeoutMs }));
  if (code === 0) return stdout;
  const how = timedOut ? `timed out after ${timeoutMs / 1000} s` : `ended with ${signal ?? code}`;
  throw new Error(stderr.trim() || `${[file, ...args].join(" ")} ${how}`);
};

/** Like {@link Exec}, for who judges by how a program ended. Its input is on standard input. */
export type Ask = (
  file: string,
  args: string[],
  options: { input: string; timeoutMs: number; signal?: AbortSignal },
) => Promise<Answer>;

export const ask: Ask = async (file, args, { input, timeoutMs, signal }) => {
  const ended = await setUp(runProgram(file, args, { input, timeoutMs, signal, detached: true }));
  return { code: ended.code, stdout: ended.stdout, stderr: ended.stderr, timedOut: ended.timedOut };
};

/** What setup installs is missing: says so. */
async function setUp<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof NotStarted && error.missing)) throw error;
    throw new Error(`${error.message}; run \`npm run setup\``, { cause: error });
  }
}

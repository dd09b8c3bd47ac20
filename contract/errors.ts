/** The exit codes of all commands. Scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  sloMissed: 3,
  worse: 4,
  outOfTime: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** Name of an exit code. */
export type ExitName = keyof typeof EXIT;

/** The meaning of each exit code, as `--help` prints it; a command may print a more precise one. */
export const EXIT_MEANINGS: Record<ExitName, string> = {
  done: "done",
  failed: "it failed; the message says what to do",
  usage: "wrong arguments or settings",
  sloMissed: "the SLO was missed (only with --fail-on-slo)",
  worse: "a run is worse than the first (only with --fail-on-worse)",
  outOfTime: "the nodes' reservation ends before the run would",
  interrupted: "Ctrl-C",
  terminated: "ended by SIGTERM",
};

/** Every error code with its exit code. docs/errors.md has a heading for each. */
const CODES = {
  failed: EXIT.failed,
  usage: EXIT.usage,
  "settings-invalid": EXIT.usage,
  "scenario-unknown": EXIT.usage,
  "not-set-up": EXIT.failed,
  "program-missing": EXIT.failed,
  "program-failed": EXIT.failed,
  "engine-unavailable": EXIT.failed,
  "engine-unsuitable": EXIT.failed,
  "source-unreachable": EXIT.failed,
  "platform-unsupported": EXIT.failed,
  "checksum-differs": EXIT.failed,
  "passphrase-differs": EXIT.failed,
  "folder-in-use": EXIT.failed,
  "stack-not-up": EXIT.failed,
  "stack-outdated": EXIT.failed,
  "too-few-nodes": EXIT.failed,
  "node-failed": EXIT.failed,
  "testbed-failed": EXIT.failed,
  "manifest-invalid": EXIT.usage,
  "unsafe-value": EXIT.failed,
  "oar-not-enough-nodes": EXIT.failed,
  "oar-bad-request": EXIT.failed,
  "oar-bad-queue": EXIT.failed,
  "oar-bad-type": EXIT.failed,
  "oar-bad-date": EXIT.failed,
  "oar-start-refused": EXIT.failed,
  "oar-refused": EXIT.failed,
  "oar-server-down": EXIT.failed,
  "oar-unreachable": EXIT.failed,
  "oar-line-lost": EXIT.failed,
  "oar-denied": EXIT.failed,
  "oar-unauthorised": EXIT.failed,
  "oar-missing": EXIT.failed,
  "oar-unreadable": EXIT.failed,
  "oar-ambiguous": EXIT.failed,
  "oar-other-shape": EXIT.failed,
  "oar-killed": EXIT.failed,
  "oar-expired": EXIT.failed,
  "oar-job-failed": EXIT.failed,
  "oar-job-ended": EXIT.failed,
  "oar-timeout": EXIT.failed,
  "oar-too-few-nodes": EXIT.failed,
  "oar-walltime-disabled": EXIT.failed,
  "oar-walltime-refused": EXIT.failed,
  "oar-not-running": EXIT.failed,
  "oar-not-owner": EXIT.failed,
  "oar-not-found": EXIT.failed,
  "oar-delete-pending": EXIT.failed,
  "oar-deploy-failed": EXIT.failed,
  "run-failed": EXIT.failed,
  "run-busy": EXIT.failed,
  "run-differs": EXIT.usage,
  "run-unreadable": EXIT.usage,
  "kafka-failed": EXIT.failed,
  "topic-unusable": EXIT.failed,
  "service-failed": EXIT.failed,
  "password-refused": EXIT.failed,
  "agent-failed": EXIT.failed,
  "probe-failed": EXIT.failed,
  "no-results": EXIT.failed,
  "results-not-written": EXIT.failed,
  "export-exists": EXIT.usage,
  "runs-not-comparable": EXIT.failed,
  "clocks-silent": EXIT.failed,
  "ui-unreachable": EXIT.failed,
  "no-free-port": EXIT.failed,
  "out-of-time": EXIT.outOfTime,
  interrupted: EXIT.interrupted,
  terminated: EXIT.terminated,
} as const;

/** Code of an error for the user. */
export type ErrorCode = keyof typeof CODES;

/** All error codes, in the order of docs/errors.md. */
export const ERROR_CODES = Object.keys(CODES) as ErrorCode[];

/** The exit code of a command that fails with an error of this code. */
export function exitCodeOf(code: ErrorCode): number {
  return CODES[code];
}

/** Link to the documentation of an error code: a file of this repository and its heading. */
export function docsOf(code: ErrorCode): string {
  return `docs/errors.md#${code}`;
}

/** What an error has besides its code and message. */
export interface ErrorDetails {
  /** The command or setting that fixes it: a sentence, or command lines. */
  hint?: string;
  /** The error that caused this one. */
  cause?: unknown;
}

/** An error for the user. The message says what failed, with the value and its path; the hint says how to fix it. */
export class SwarmbenchError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SwarmbenchError";
    this.code = code;
    this.hint = hint;
  }

  /** The exit code of a command that fails with this error. */
  get exitCode(): number {
    return exitCodeOf(this.code);
  }

  /** Link to its documentation in this repository. */
  get docs(): string {
    return docsOf(this.code);
  }

  /** Message and hint, with an empty line between them. */
  get text(): string {
    return this.hint ? `${this.message}\n\n${this.hint}` : this.message;
  }

  override toString(): string {
    return `${this.name}: ${this.text}`;
  }
}

/** The text of any error for the user. For a bug of this program, it is the stack. */
export function describeError(error: unknown): string {
  if (error instanceof SwarmbenchError) return error.text;
  if (!(error instanceof Error)) return String(error);
  return isBug(error) ? `unexpected, please report it: ${error.stack ?? error.message}` : error.message;
}

function isBug(error: Error): boolean {
  return [TypeError, ReferenceError, RangeError].some((kind) => error.constructor === kind);
}

/** What a command ends with. Scripts rely on these numbers. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  sloMissed: 3,
  abaVoid: 4,
  outOfTime: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;

/** What each exit code means, as `--help` prints it; a command may say it more precisely. */
export const EXIT_MEANINGS: Record<ExitName, string> = {
  done: "done",
  failed: "it failed; the message says what to do",
  usage: "wrong arguments or settings",
  sloMissed: "the SLO was missed (only with --fail-on-slo)",
  abaVoid: "the comparison is void: the two runs of the scenario differ",
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
  "stack-not-up": EXIT.failed,
  "stack-outdated": EXIT.failed,
  "too-few-nodes": EXIT.failed,
  "node-failed": EXIT.failed,
  "testbed-failed": EXIT.failed,
  "run-failed": EXIT.failed,
  "run-busy": EXIT.failed,
  "run-differs": EXIT.usage,
  "run-unreadable": EXIT.usage,
  "no-results": EXIT.failed,
  "results-not-written": EXIT.failed,
  "runs-not-comparable": EXIT.failed,
  "clocks-silent": EXIT.failed,
  "ui-unreachable": EXIT.failed,
  "no-free-port": EXIT.failed,
  "out-of-time": EXIT.outOfTime,
  interrupted: EXIT.interrupted,
  terminated: EXIT.terminated,
} as const;

export type ErrorCode = keyof typeof CODES;

export const ERROR_CODES = Object.keys(CODES) as ErrorCode[];

/** The exit code of a command that ends with an error of this code. */
export function exitCodeOf(code: ErrorCode): number {
  return CODES[code];
}

/** Where the documentation explains an error code: a file of this repository and its heading. */
export function docsOf(code: ErrorCode): string {
  return `docs/errors.md#${code}`;
}

export interface ErrorDetails {
  /** The command or setting that fixes it: a sentence, or command lines. */
  hint?: string;
  cause?: unknown;
}

/** An error for the user: what failed, with the value and its path, and a hint that says how to fix it. */
export class SwarmbenchError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SwarmbenchError";
    this.code = code;
    this.hint = hint;
  }

  get exitCode(): number {
    return exitCodeOf(this.code);
  }

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

/** The text of any error for the user; of an error in the program itself, its stack. */
export function describeError(error: unknown): string {
  if (error instanceof SwarmbenchError) return error.text;
  if (!(error instanceof Error)) return String(error);
  return isBug(error) ? `unexpected, please report it: ${error.stack ?? error.message}` : error.message;
}

function isBug(error: Error): boolean {
  return [TypeError, ReferenceError, RangeError].some((kind) => error.constructor === kind);
}

import { LATENCY_LABEL, STATUS_PREFIX } from "../../contract/progress.ts";

/** Seconds between status lines in a log, unless SWARMBENCH_PROGRESS_SEC is set. */
const LOG_INTERVAL_SEC = 15;
/** Moves to the start of the line and clears it (ECMA-48: CR, EL 2). */
const CLEAR_LINE = "\r\u001b[2K";

/** Where progress is shown. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/**
 * Shows the progress of a run. In a terminal, a status line replaces the status line before it. In a log, such as that of
 * `pulumi up`, a status line is printed at most every 15 s, and the first one with a latency at once. All other lines are
 * always printed.
 */
export class Display {
  private readonly screen: Screen;
  private readonly intervalMs: number;
  private readonly now: () => number;
  private lastMs = Number.NEGATIVE_INFINITY;
  private hasStatus = false;
  private hasLatency = false;

  /** @param intervalSec time between status lines in a log, s. @default SWARMBENCH_PROGRESS_SEC, or 15 */
  constructor(screen: Screen, intervalSec = logIntervalSec(), now: () => number = () => performance.now()) {
    this.screen = screen;
    this.intervalMs = intervalSec * 1_000;
    this.now = now;
  }

  /** Shows a line of the run. */
  show(line: string): void {
    const isStatus = line.startsWith(STATUS_PREFIX);
    if (this.screen.isTTY) this.showInTerminal(line, isStatus);
    else this.showInLog(line, isStatus);
  }

  private showInTerminal(line: string, isStatus: boolean): void {
    const { columns = 80 } = this.screen;
    const clear = this.hasStatus ? CLEAR_LINE : "";
    // A line that wraps could not be cleared.
    this.screen.write(isStatus ? `${clear}${line.slice(0, columns - 1)}` : `${clear}${line}\n`);
    this.hasStatus = isStatus;
  }

  private showInLog(line: string, isStatus: boolean): void {
    const nowMs = this.now();
    const isFirstLatency = !this.hasLatency && line.includes(LATENCY_LABEL);
    if (isStatus && !isFirstLatency && nowMs - this.lastMs < this.intervalMs) return;
    this.lastMs = nowMs;
    this.hasLatency ||= isFirstLatency;
    this.screen.write(`${isStatus ? line.slice(STATUS_PREFIX.length) : line}\n`);
  }
}

function logIntervalSec(): number {
  const seconds = Number(process.env.SWARMBENCH_PROGRESS_SEC);
  return seconds > 0 ? seconds : LOG_INTERVAL_SEC;
}

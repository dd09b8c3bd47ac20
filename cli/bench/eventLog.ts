// The events of a run as they come, into events.jsonl.
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { notWritten } from "../../results/store.ts";

/**
 * Appends a run's events to a file, each at once. Who follows a run anew is given all its events again from the first
 * one: those that are in the file already are left out.
 */
export class EventLog {
  private readonly earlier: string[] = [];
  /** Events of this session that are in the file. */
  private written = 0;
  /** Why events cannot be written, such as ENOSPC; nothing more is then. */
  failure: Error | undefined;

  private readonly file: string;

  /** @param file of this run; an earlier session's events, of a run that goes on, stay */
  constructor(file: string) {
    this.file = file;

    if (!existsSync(file)) return;
    const text = readFileSync(file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole)); // a line that was torn
    this.earlier = whole.split("\n").filter(Boolean);
  }

  /** @param number of the event in its session, from 1 */
  take(number: number, line: string): void {
    if (number === 1) this.written = this.sessionInFile(line);
    if (number <= this.written || this.failure) return;
    this.written = number;
    try {
      appendFileSync(this.file, `${line}\n`);
    } catch (error) {
      this.failure = notWritten(this.file, error);
    }
  }

  /** How many events the file has of the session that begins with this line. */
  private sessionInFile(first: string): number {
    if (this.written > 0) return this.written; // the line was cut meanwhile, and all comes again
    const at = this.earlier.lastIndexOf(first);
    return at < 0 ? 0 : this.earlier.length - at;
  }
}

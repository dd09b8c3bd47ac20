// Writes the events of a run to events.jsonl as they come.
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { notWritten } from "../../results/store.ts";

/**
 * Appends each event of a run to a file at once. When a run is followed again, all of its events come again from the first
 * one: those that are already in the file are skipped.
 */
export class EventLog {
  private readonly earlier: string[] = [];
  /** How many events of this session are in the file. */
  private written = 0;
  /** Why events cannot be written, such as ENOSPC. After it, no further event is written. */
  failure: Error | undefined;

  private readonly file: string;

  /** @param file events.jsonl of the run; the events of an earlier session stay in it */
  constructor(file: string) {
    this.file = file;

    if (!existsSync(file)) return;
    const text = readFileSync(file, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole)); // the last line is incomplete
    this.earlier = whole.split("\n").filter(Boolean);
  }

  /** @param number the event's number in its session, from 1 */
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
    if (this.written > 0) return this.written; // the connection was lost, and all events come again
    const index = this.earlier.lastIndexOf(first);
    return index < 0 ? 0 : this.earlier.length - index;
  }
}

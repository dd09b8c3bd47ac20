// Writes the events of a run to events.jsonl as they come.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, truncateSync } from "node:fs";
import { type FaultRecord, isOfConsumer } from "../../contract/faults.ts";
import type { RunEvent } from "../../contract/result.ts";
import { linesIn } from "../../results/lines.ts";
import { notWritten } from "../../results/store.ts";
import { eventIn } from "./eventIn.ts";

/** How a record of a fault begins. This machine adds those of brokers to the runner's events. */
const FAULT = '{"event":"fault",';

/**
 * Appends each event of a run to a file at once. When a run is followed again, all of its events come again from the first
 * one: those that are already in the file are skipped.
 */
export class EventLog {
  /** Digests of the lines of earlier sessions: the lines themselves may be larger than the memory. */
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
    let end = 0;
    for (const line of linesIn(file)) {
      if (!line.complete) truncateSync(file, end);
      else if (line.text !== "" && !isOwn(line.text)) this.earlier.push(digest(line.text));
      if (line.complete) end = line.end;
    }
  }

  /** @param number the event's number in its session, from 1. @returns whether the event is new and was written */
  take(number: number, line: string): boolean {
    if (number === 1) this.written = this.sessionInFile(line);
    if (number <= this.written || this.failure) return false;
    this.written = number;
    this.append(line);
    return this.failure === undefined;
  }

  /** Adds an event that does not come from the runner: the record of a fault. */
  add(record: FaultRecord): void {
    const event: RunEvent = { event: "fault", at: new Date().toISOString(), record };
    if (!this.failure) this.append(JSON.stringify(event));
  }

  private append(line: string): void {
    try {
      appendFileSync(this.file, `${line}\n`);
    } catch (error) {
      this.failure = notWritten(this.file, error);
    }
  }

  /** How many events the file has of the session that begins with this line. */
  private sessionInFile(first: string): number {
    if (this.written > 0) return this.written; // the connection was lost, and all events come again
    const index = this.earlier.lastIndexOf(digest(first));
    return index < 0 ? 0 : this.earlier.length - index;
  }
}

/** Whether this machine added a line: the record of a fault of brokers. Those of consumers are events of the runner. */
function isOwn(line: string): boolean {
  if (!line.startsWith(FAULT)) return false;
  const event = eventIn(line, ["fault"]);
  return !event || !isOfConsumer(event.record.fault);
}

function digest(line: string): string {
  return createHash("sha256").update(line).digest("base64").slice(0, 22);
}

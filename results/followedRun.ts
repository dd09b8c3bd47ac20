// Follows the event log of a run while it is written.
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/result.ts";
import { linesIn } from "./lines.ts";
import { type LiveMessage, LiveRun } from "./page/liveRun.ts";
import { EVENTS, parseEvent } from "./store.ts";

/** With more new events than this, a page gets a new snapshot, which has the seconds of a long run thinned. */
const MOST_AT_ONCE = 500;

/** Reads the events of a run's folder as they are appended. */
export class FollowedRun {
  private readonly file: string;
  private run = new LiveRun();
  /** Position after the last complete line that was read, bytes. */
  private position = 0;
  private line = 0;
  private firstUnreadable: string | undefined;

  /** @param folder results folder of the run, which may not have an event log yet */
  constructor(folder: string) {
    this.file = path.join(folder, EVENTS);
  }

  /** Whether the run has reached its end. */
  get hasEnded(): boolean {
    return this.run.hasEnded;
  }

  /** The first line that could not be read; undefined: there is none. */
  get unreadable(): string | undefined {
    return this.firstUnreadable;
  }

  /** Everything that was read so far. */
  snapshot(): LiveMessage {
    return this.run.snapshot(this.silentSec());
  }

  /** For how long nothing was appended, s. */
  silentSec(): number {
    return existsSync(this.file) ? Math.max(0, (Date.now() - statSync(this.file).mtimeMs) / 1_000) : 0;
  }

  /**
   * Reads what was appended since the last call. A line that is not complete yet is read later; a line that cannot be read is
   * skipped, and the first one is reported.
   *
   * @param take called with every new event, those included that are not returned
   * @returns the new events; undefined if a page needs a new snapshot, because there are too many or the log was replaced
   * @throws Error if the file cannot be read
   */
  read(take?: (event: RunEvent) => void): RunEvent[] | undefined {
    if (!existsSync(this.file)) return [];
    const { size } = statSync(this.file);
    if (size === this.position) return [];
    const isReplaced = size < this.position;
    if (isReplaced) [this.run, this.position, this.line] = [new LiveRun(), 0, 0];
    const events: RunEvent[] = [];
    for (const { text, complete, end } of linesIn(this.file, undefined, this.position)) {
      if (!complete) break;
      this.position = end;
      this.line += 1;
      const event = text === "" ? undefined : this.parse(text);
      if (!event) continue;
      this.run.take(event);
      take?.(event);
      if (events.length < MOST_AT_ONCE) events.push(event);
    }
    return isReplaced || events.length >= MOST_AT_ONCE ? undefined : events;
  }

  private parse(text: string): RunEvent | undefined {
    try {
      return parseEvent(text, `${this.file}, line ${this.line}`);
    } catch (error) {
      if (!(error instanceof SwarmbenchError)) throw error;
      this.firstUnreadable ??= error.message;
      return undefined;
    }
  }
}

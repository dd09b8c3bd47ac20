// Sends the events of one run to all pages that follow it, as server-sent events (https://html.spec.whatwg.org/#server-sent-events).
import type { ServerResponse } from "node:http";
import type { Length } from "../../contract/runLength.ts";
import { FollowedRun } from "../../results/followedRun.ts";
import type { LiveMessage } from "../../results/page/liveRun.ts";
import { TimeLeft } from "./timeLeft.ts";

/** How often the event log is read, and how often pages learn how long there has been no event, ms. */
const READ_MS = 500;
const SILENCE_MS = 10_000;

/** Follows a run while at least one page does. */
export class Broadcast {
  private readonly run: FollowedRun;
  private readonly timeLeft = new TimeLeft();
  private left: Length | undefined;
  private readonly pages = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private silenceMs = 0;

  /** @param folder results folder of the run */
  constructor(folder: string) {
    this.run = new FollowedRun(folder);
  }

  /** Sends a page everything so far, and from then on each event. */
  add(page: ServerResponse): void {
    this.read();
    page.write("retry: 2000\n\n");
    send(page, this.run.snapshot());
    if (this.run.unreadable !== undefined) send(page, { kind: "unreadable", text: this.run.unreadable });
    if (this.left) send(page, { kind: "left", ...this.left });
    this.pages.add(page);
    page.once("close", () => this.remove(page));
    this.timer ??= setInterval(() => this.tick(), READ_MS);
  }

  /** Whether no page follows the run. */
  get isIdle(): boolean {
    return this.pages.size === 0;
  }

  /** Ends all connections. */
  close(): void {
    clearInterval(this.timer);
    for (const page of this.pages) page.end();
  }

  private remove(page: ServerResponse): void {
    this.pages.delete(page);
    if (this.pages.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    this.silenceMs += READ_MS;
    if (this.read()) this.silenceMs = 0;
    if (this.silenceMs < SILENCE_MS) return;
    this.silenceMs = 0;
    this.sendAll({ kind: "silent", silentSec: this.run.silentSec() });
  }

  /** @returns whether there were events */
  private read(): boolean {
    const before = this.run.unreadable;
    let left: Length | undefined;
    const events = this.run.read((event) => {
      left = this.timeLeft.take(event) ?? left;
    });
    if (events === undefined) this.sendAll(this.run.snapshot());
    for (const event of events ?? []) this.sendAll({ kind: "event", event });
    if (left) {
      this.left = left;
      this.sendAll({ kind: "left", ...left });
    }
    const { unreadable } = this.run;
    if (unreadable !== undefined && unreadable !== before)
      this.sendAll({ kind: "unreadable", text: unreadable });
    return events === undefined || events.length > 0;
  }

  private sendAll(message: LiveMessage): void {
    for (const page of this.pages) send(page, message);
  }
}

function send(page: ServerResponse, message: LiveMessage): void {
  page.write(`data: ${JSON.stringify(message)}\n\n`);
}

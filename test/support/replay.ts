// Runs of the past or made up, written into a results folder as a runner would write them.
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../contract/result.ts";
import { sampleEvents } from "./sampleRun.ts";

/**
 * The events of a run that searches, as a runner writes them: every second of each step before its result, and what the search
 * knew after it.
 *
 * @param run its name
 */
export function replayEvents(run: string): RunEvent[] {
  return sampleEvents().flatMap((event): RunEvent[] => {
    if (event.event === "run") return [{ ...event, run }];
    if (event.event !== "step" || event.result.state !== "measured") return [event];
    const { at, result } = event;
    const { step, seconds, producers } = result;
    const seen = seconds.map((second): RunEvent => ({ event: "second", step, second }));
    const limit = { low: 400 - 250 / step, median: 520, high: 600 + 2_000 / step };
    const warning: RunEvent[] =
      producers === 300 ? [{ event: "warning", at, text: "the link of node2 was slow" }] : [];
    return [...seen, ...warning, event, { event: "search", at, step, variable: "producers", ...limit }];
  });
}

/** Appends events to the log of a results folder. */
export function writeEvents(folder: string, events: readonly RunEvent[]): void {
  mkdirSync(folder, { recursive: true });
  const lines = events.map((event) => `${JSON.stringify(event)}\n`);
  appendFileSync(path.join(folder, "events.jsonl"), lines.join(""));
}

/** Writes events one after another. @param pauseMs between two of them */
export async function replay(folder: string, events: readonly RunEvent[], pauseMs: number): Promise<void> {
  for (const event of events) {
    writeEvents(folder, [event]);
    await sleep(pauseMs);
  }
}

// The runs of a results folder, from the first and the last line of each event log: a log may be larger than the memory.
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";
import type { RunEvent } from "../../contract/result.ts";
import type { ListedRun } from "../../results/page/listedRun.ts";
import { SILENT_SEC } from "../../results/page/liveRun.ts";
import { loadText } from "../../results/sentences.ts";
import { EVENTS } from "../../results/store.ts";

/** The names of runs begin with their time, so that they sort by it. */
const RUN_FOLDER = /^\d{8}T[0-9A-Za-z._-]+$/;
/** The event that ends a run is shorter than this, bytes. */
const TAIL_BYTES = 64 * 1024;

/** The runs that have events, the newest first. */
export function listRuns(folder: string): ListedRun[] {
  return runNames(folder)
    .filter((name) => existsSync(path.join(folder, name, EVENTS)))
    .map((name) => listed(folder, name))
    .filter((run) => run !== undefined);
}

/** The folders of runs, the newest first. Links are not followed. */
export function runNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && RUN_FOLDER.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .reverse();
}

function listed(folder: string, name: string): ListedRun | undefined {
  try {
    const { end, ageSec } = endOf(path.join(folder, name, EVENTS));
    if (end) return { name, state: "ended", result: resultOf(end) };
    return { name, state: ageSec < SILENT_SEC ? "running" : "cut off", result: "" };
  } catch {
    return undefined; // it has been deleted in the meantime
  }
}

type End = Extract<RunEvent, { event: "end" }>;

function resultOf({ knee, verdict }: End): string {
  return knee ? `knee at ${loadText(knee)}` : verdict;
}

function endOf(file: string): { end: End | undefined; ageSec: number } {
  const descriptor = openSync(file, "r");
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    const length = Math.min(size, TAIL_BYTES);
    const tail = Buffer.alloc(length);
    readSync(descriptor, tail, 0, length, size - length);
    const lines = tail.toString("utf8").trimEnd().split("\n");
    return { end: parsedEnd(lines.at(-1) ?? ""), ageSec: (Date.now() - mtimeMs) / 1_000 };
  } finally {
    closeSync(descriptor);
  }
}

function parsedEnd(line: string): End | undefined {
  if (!line.startsWith('{"event":"end"')) return undefined;
  try {
    const event = JSON.parse(line) as Partial<End>;
    return typeof event.verdict === "string" ? (event as End) : undefined;
  } catch {
    return undefined;
  }
}

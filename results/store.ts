// Reads and writes the results folder of a run.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { SwarmbenchError } from "../contract/errors.ts";
import { plainMessage } from "../contract/plainMessage.ts";
import { eventSchema, type Run, type RunEvent, runSchema, SCHEMA_VERSION } from "../contract/result.ts";
import { buildResults } from "./build.ts";
import { upgraded } from "./earlierVersions.ts";
import { type Line, linesIn } from "./lines.ts";
import { pageScript } from "./page/script.ts";
import { reportPage } from "./report/html.ts";
import { chartImages } from "./report/images.ts";
import { pngOf } from "./report/png.ts";

/** Name of the event log in a results folder. */
export const EVENTS = "events.jsonl";
const RUN = "run.json";
/** Name of the report in a results folder. */
export const REPORT = "report.html";
const PLOTS = "plots";

/**
 * The results in a folder: built from its events, which also works for an unfinished run; without events, run.json.
 *
 * @throws SwarmbenchError run-unreadable when the folder has neither, or when a line cannot be read
 */
export function readResults(folder: string): Run {
  const [events, run] = [path.join(folder, EVENTS), path.join(folder, RUN)];
  if (existsSync(events)) return buildFrom(events);
  if (existsSync(run)) return parse(runSchema, readFileSync(run, "utf8"), run);
  throw unreadable(`${folder} has no results: it contains neither ${EVENTS} nor ${RUN}`);
}

function buildFrom(file: string): Run {
  // Results are built without the seconds, which are most of a file: the steps have them too.
  const kept: RunEvent[] = [];
  for (const event of eventsOf(linesIn(file), file)) if (event.event !== "second") kept.push(event);
  try {
    return buildResults(kept);
  } catch (error) {
    if (error instanceof SwarmbenchError) throw unreadable(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * The events of a file's lines. The last line is ignored when it is incomplete, as after a crash.
 *
 * @param name of the file, for error messages
 * @throws SwarmbenchError run-unreadable with the number of a line that cannot be read
 */
export function* eventsOf(lines: Iterable<Line>, name: string): Generator<RunEvent> {
  let number = 0;
  for (const { text, complete } of lines) {
    number += 1;
    if (!complete && !isJson(text)) return;
    yield parseEvent(text, `${name}, line ${number}`);
  }
}

/** The event of one line. @param name where the line is, for the error @throws SwarmbenchError run-unreadable */
export function parseEvent(text: string, name: string): RunEvent {
  return parse(eventSchema, text, name);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parse<S extends z.ZodType>(schema: S, text: string, name: string): z.output<S> {
  const document = upgraded(json(text, name));
  const version = (document as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version !== undefined && version !== SCHEMA_VERSION) {
    throw unreadable(
      `${name}: schema version ${version}, but this swarmbench reads version ${SCHEMA_VERSION}`,
    );
  }
  const parsed = schema.safeParse(document, { error: plainMessage });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${name}: ${issue?.path.join(".") || "the whole of it"}: ${issue?.message}`);
}

function json(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(`${name}: not valid JSON`);
  }
}

function unreadable(message: string): SwarmbenchError {
  return new SwarmbenchError("run-unreadable", message);
}

/**
 * Writes run.json, the report and the plots. A file is replaced only when its new content is complete.
 *
 * @throws SwarmbenchError results-not-written
 */
export async function writeResults(folder: string, run: Run): Promise<void> {
  const plots = path.join(folder, PLOTS);
  mkdirSync(plots, { recursive: true });
  writeWhole(path.join(folder, RUN), `${JSON.stringify(run, null, 1)}\n`);
  for (const { name, svg } of chartImages("report", [run])) {
    writeWhole(path.join(plots, `${name}.svg`), svg);
    writeWhole(path.join(plots, `${name}.png`), pngOf(svg));
  }
  writeWhole(path.join(folder, REPORT), reportPage(run, await pageScript()));
}

/**
 * Replaces a file only when its new content is complete.
 *
 * @throws SwarmbenchError results-not-written, such as when the disk is full
 */
export function writeWhole(file: string, content: string | Buffer): void {
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, content);
    renameSync(partial, file);
  } catch (error) {
    throw notWritten(file, error);
  }
}

/** The error of a file that cannot be written. */
export function notWritten(file: string, cause: unknown): SwarmbenchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === "ENOSPC" ? "the disk is full" : message;
  return new SwarmbenchError("results-not-written", `${file} cannot be written: ${reason}`, { cause });
}

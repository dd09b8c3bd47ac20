// Reads and writes the results folder of a run.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { SwarmbenchError } from "../contract/errors.ts";
import { LatencyHistogram } from "../contract/histogram.ts";
import { plainMessage } from "../contract/plainMessage.ts";
import {
  eventSchema,
  isMeasured,
  type Run,
  type RunEvent,
  runSchema,
  SCHEMA_VERSION,
  type Step,
} from "../contract/result.ts";
import { plainForeign } from "../lib/hostNames.ts";
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
 * @throws SwarmbenchError run-unreadable if the folder has neither, or if a line cannot be read
 */
export function readResults(folder: string): Run {
  for (const [name, read] of [[EVENTS, buildFrom] as const, [RUN, readRun] as const]) {
    const file = path.join(folder, name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile()) return read(file);
    if (stat) throw unreadable(`${file} is not a regular file`);
  }
  throw unreadable(`${folder} has no results: it contains neither ${EVENTS} nor ${RUN}`);
}

function readRun(file: string): Run {
  const run = parse(runSchema, readFileSync(file, "utf8"), file);
  for (const [index, step] of run.steps.entries()) checkHistograms(step, `${file}: steps.${index}`);
  return run;
}

function buildFrom(file: string): Run {
  // Most events are seconds. They are skipped, because the results of the steps include them.
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
 * The events of a file's lines. The last line is ignored if it is incomplete, as after a crash.
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
  const event = parse(eventSchema, text, name);
  if (event.event === "step") checkHistograms(event.result, `${name}: result`);
  return event;
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
      `${name}: schema version ${quoted(version)}, but this swarmbench reads version ${SCHEMA_VERSION}; use the swarmbench that wrote it`,
    );
  }
  const extreme = extremeIn(document);
  if (extreme) throw unreadable(`${name}: ${extreme}: expected a number between -1e15 and 1e15`);
  const parsed = schema.safeParse(document, { error: plainMessage });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${name}: ${issue?.path.join(".") || "the whole document"}: ${issue?.message}`);
}

function json(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(`${name}: not valid JSON`);
  }
}

/** Maximum depth of a document; the schemas refuse deeper ones. */
const MAX_LEVELS = 20;
/** No measurement is larger, and charts cannot draw larger numbers. */
const EXTREME = 1e15;

/** The path of a number beyond {@link EXTREME}. Settings may have such numbers, such as the largest one for "no limit". */
function extremeIn(value: unknown, path: readonly string[] = []): string | undefined {
  if (typeof value === "number") return Math.abs(value) > EXTREME ? path.join(".") : undefined;
  if (typeof value !== "object" || value === null || path[0] === "conditions" || path.length > MAX_LEVELS) {
    return undefined;
  }
  for (const [key, inner] of Object.entries(value)) {
    const found = extremeIn(inner, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Charts decode them later, when the file is no longer known. */
function checkHistograms(step: Step, name: string): void {
  if (!isMeasured(step)) return;
  const { histogram, histograms } = step;
  const all = {
    histogram,
    "histograms.ack": histograms.ack,
    "histograms.sendToReceive": histograms.sendToReceive,
  };
  for (const [field, text] of Object.entries(all)) {
    if (!LatencyHistogram.isEncoded(text)) throw unreadable(`${name}.${field}: is not an encoded histogram`);
  }
}

/** Maximum length of a message, in characters. */
const MAX_MESSAGE = 2_000;
const quoted = (value: unknown) => JSON.stringify(value).slice(0, 40);
const HINT = `Name the folder of a run. If a line of ${EVENTS} is damaged, remove it: npm run report builds the rest again.`;

function unreadable(message: string): SwarmbenchError {
  return new SwarmbenchError("run-unreadable", plainForeign(message, MAX_MESSAGE), { hint: HINT });
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
 * @throws SwarmbenchError results-not-written, for example if the disk is full
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

/** The error for a file that cannot be written. */
export function notWritten(file: string, cause: unknown): SwarmbenchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === "ENOSPC" ? "the disk is full" : message;
  return new SwarmbenchError("results-not-written", `${file} cannot be written: ${reason}`, { cause });
}

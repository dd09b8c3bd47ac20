// The folder of a run's results.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { eventSchema, type Run, type RunEvent, runSchema, SCHEMA_VERSION } from "../contract/result.ts";
import { buildResults } from "./build.ts";
import { upgraded } from "./earlierVersions.ts";
import { drawCharts } from "./report/charts/list.ts";
import { reportPage } from "./report/html.ts";
import { pngOf } from "./report/png.ts";

const EVENTS = "events.jsonl";
const RUN = "run.json";
export const REPORT = "report.html";
const PLOTS = "plots";

/**
 * The results in a folder: built from its events where it has them, which works for an unfinished run too, else run.json.
 *
 * @throws Error when the folder has neither, or when a line of them cannot be read
 */
export function readResults(folder: string): Run {
  const [events, run] = [path.join(folder, EVENTS), path.join(folder, RUN)];
  if (existsSync(events)) return buildResults(parseEvents(readFileSync(events, "utf8"), events));
  if (existsSync(run)) return parse(runSchema, readFileSync(run, "utf8"), run);
  throw new Error(`${folder} has no results: neither ${EVENTS} nor ${RUN} is there`);
}

/**
 * The events of a file. The last line is left out when it is not whole, as after a crash.
 *
 * @throws Error with the number of a line that cannot be read
 */
export function parseEvents(text: string, name: string): RunEvent[] {
  const lines = text.split("\n");
  const torn = lines.pop();
  if (torn && isJson(torn)) lines.push(torn);
  return lines.map((line, index) => parse(eventSchema, line, `${name}, line ${index + 1}`));
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
  if (!isJson(text)) throw new Error(`${name}: this is no JSON`);
  const document = upgraded(JSON.parse(text));
  const version = (document as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version !== undefined && version !== SCHEMA_VERSION) {
    throw new Error(`${name}: of schema version ${version}; this swarmbench reads version ${SCHEMA_VERSION}`);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${name}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** Writes run.json, the report and the plots. A file is replaced only when its new content is complete. */
export async function writeResults(folder: string, run: Run): Promise<void> {
  const plots = path.join(folder, PLOTS);
  mkdirSync(plots, { recursive: true });
  writeWhole(path.join(folder, RUN), `${JSON.stringify(run, null, 1)}\n`);
  for (const { name, light } of drawCharts("report", [run])) {
    writeWhole(path.join(plots, `${name}.svg`), light);
    writeWhole(path.join(plots, `${name}.png`), pngOf(light));
  }
  writeWhole(path.join(folder, REPORT), reportPage(run));
}

/**
 * Replaces a file only when its new content is complete.
 *
 * @throws Error when it cannot be written, such as when the disk is full
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
export function notWritten(file: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new Error(`${file} cannot be written: ${code === "ENOSPC" ? "the disk is full" : message}`, {
    cause,
  });
}

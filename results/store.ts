// The folder of a run's results.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { eventSchema, type Run, type RunEvent, runSchema, SCHEMA_VERSION } from "../contract/result.ts";
import { runOf } from "./build.ts";
import { upgraded } from "./earlierVersions.ts";
import { chartsOf } from "./report/charts.ts";
import { reportPage } from "./report/html.ts";
import { pngOf } from "./report/png.ts";

const EVENTS = "events.jsonl";
const RUN = "run.json";
export const REPORT = "report.html";
const PLOTS = "plots";

/**
 * The results in a folder: from its events where it has them, as they tell of a run that is not finished too.
 *
 * @throws Error that says what the folder lacks, or what of it is not to be read
 */
export function readResults(folder: string): Run {
  const [events, run] = [path.join(folder, EVENTS), path.join(folder, RUN)];
  if (existsSync(events)) return runOf(parseEvents(readFileSync(events, "utf8"), events));
  if (existsSync(run)) return parse(runSchema, readFileSync(run, "utf8"), run);
  throw new Error(`${folder} has no results: neither ${EVENTS} nor ${RUN} is there`);
}

/** The last line of a run that was cut off may be torn: it is left out. Any other line must be whole. */
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

/** Writes run.json, the report and the plots, each whole or not at all. */
export async function writeResults(folder: string, run: Run): Promise<void> {
  const plots = path.join(folder, PLOTS);
  mkdirSync(plots, { recursive: true });
  writeWhole(path.join(folder, RUN), `${JSON.stringify(run, null, 1)}\n`);
  for (const { name, light } of chartsOf(run)) {
    writeWhole(path.join(plots, `${name}.svg`), light);
    writeWhole(path.join(plots, `${name}.png`), pngOf(light));
  }
  writeWhole(path.join(folder, REPORT), reportPage(run));
}

/** @throws Error in plain words, such as that the disk is full */
export function writeWhole(file: string, content: string | Buffer): void {
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, content);
    renameSync(partial, file);
  } catch (error) {
    throw notWritten(file, error);
  }
}

export function notWritten(file: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new Error(`${file} cannot be written: ${code === "ENOSPC" ? "the disk is full" : message}`, {
    cause,
  });
}

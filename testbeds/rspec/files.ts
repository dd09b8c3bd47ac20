import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type DocumentError, RspecError } from "./errors.ts";
import { MOST_BYTES } from "./xml.ts";

/** A manifest as jFed saves it. */
export interface RspecFile {
  /** For messages. */
  name: string;
  text: string;
}

/** Reads manifests from disk, except files that are too large. @throws RspecError with every file that cannot be read */
export function loadManifests(paths: string[]): RspecFile[] {
  const errors: DocumentError[] = [];
  const files: RspecFile[] = [];
  for (const name of paths) {
    try {
      files.push({ name, text: readText(name) });
    } catch (error) {
      errors.push({ file: name, text: (error as Error).message });
    }
  }
  if (errors.length > 0) throw new RspecError(errors);
  return files;
}

function readText(name: string): string {
  const file = open(name);
  try {
    const { size } = fstatSync(file);
    if (size > MOST_BYTES) throw new Error("is larger than 1 MiB, which no manifest is");
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new Error("is not in UTF-8: save it so");
    }
    throw error;
  } finally {
    closeSync(file);
  }
}

function open(name: string): number {
  try {
    // Without O_NONBLOCK opening a pipe would wait for a writer; a device could be read without end.
    const file = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch (error) {
    throw new Error(
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? "there is no such file: save the manifest in jFed, and name its path"
        : `cannot be read: ${(error as Error).message}`,
    );
  }
  throw new Error("is no file");
}

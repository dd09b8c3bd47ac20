import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type DocumentError, manifestError } from "./errors.ts";
import { MAX_BYTES } from "./xml.ts";

/** A manifest as jFed saves it. */
export interface RspecFile {
  /** For messages. */
  name: string;
  text: string;
}

/**
 * Reads manifests from disk; refuses files larger than 1 MiB.
 *
 * @throws SwarmbenchError `manifest-invalid` with every file that cannot be read
 */
export function loadManifests(paths: readonly string[]): RspecFile[] {
  const errors: DocumentError[] = [];
  const files: RspecFile[] = [];
  for (const name of paths) {
    try {
      files.push({ name, text: readText(name) });
    } catch (error) {
      errors.push({ file: name, text: describe(error as NodeJS.ErrnoException) });
    }
  }
  if (errors.length > 0) throw manifestError(errors);
  return files;
}

function readText(name: string): string {
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const file = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error("is not a regular file");
    if (stat.size > MAX_BYTES) throw new Error("is larger than 1 MiB: no manifest is that large");
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function describe({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "there is no such file: save the manifest in jFed and name its path";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "is not encoded in UTF-8: save it as UTF-8";
  return code === undefined ? message : `cannot be read: ${message}`;
}

import { chmodSync, constants, cpSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../lib/paths.ts";
import { contentKey } from "./contentKey.ts";
import { partialOf, removeTree } from "./partial.ts";
import type { Payload } from "./toolSource.ts";

/**
 * A key of what an image is built from. Files in the cache count by their path, which contains a key of their content:
 * reading hundreds of megabytes would make every setup slow.
 *
 * @param directory the Dockerfile's folder
 */
export function imageKey(directory: string, base: string, payload: Payload, cacheFolder = cache): string {
  const entries = Object.entries(payload).map(([target, source]) => {
    const inCache = path.relative(cacheFolder, source);
    const content = inCache.startsWith("..") ? contentKey([source]) : inCache;
    return `${target}=${content}`;
  });
  return contentKey([directory], base, ...entries.sort());
}

/**
 * Makes a build context (the Dockerfile's folder with the payload below `payload/`), calls `work` with it and removes it.
 *
 * @param directory the Dockerfile's folder
 */
export async function withBuildContext<T>(
  directory: string,
  payload: Payload,
  work: (context: string) => Promise<T>,
  cacheFolder = cache,
): Promise<T> {
  const context = partialOf(path.join(cacheFolder, `context-${path.basename(directory)}`));
  await removeTree(context); // left by an earlier process with the same id
  try {
    copy(directory, context);
    mkdirSync(path.join(context, "payload"), { recursive: true });
    for (const [target, source] of Object.entries(payload)) {
      copy(source, path.join(context, "payload", target));
    }
    readableForAll(context);
    return await work(context);
  } finally {
    await removeTree(context);
  }
}

function copy(source: string, target: string): void {
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
}

/** Makes files readable for all, because an image must not depend on the umask of this machine: it has other users. */
function readableForAll(name: string): void {
  const stat = lstatSync(name);
  if (stat.isSymbolicLink()) return;
  chmodSync(name, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const entry of readdirSync(name)) readableForAll(path.join(name, entry));
}

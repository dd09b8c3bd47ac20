import { chmodSync, constants, cpSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../lib/paths.ts";
import { contentKey } from "./contentKey.ts";
import { partialOf, removeTree } from "./partial.ts";
import type { Payload } from "./toolSource.ts";

/**
 * A key of what an image is built from. Files of the cache count by their path, which has a key of their content in it:
 * reading hundreds of megabytes would make every set-up slow.
 *
 * @param directory the Dockerfile's
 */
export function imageKey(directory: string, base: string, payload: Payload, cacheFolder = cache): string {
  const parts = Object.entries(payload).map(([target, source]) => {
    const inCache = path.relative(cacheFolder, source);
    const content = inCache.startsWith("..") ? contentKey([source]) : inCache;
    return `${target}=${content}`;
  });
  return contentKey([directory], base, ...parts.sort());
}

/**
 * Lays out a build context, the Dockerfile's folder with the payload below `payload/`, for as long as `work` needs it.
 *
 * @param directory the Dockerfile's
 */
export async function withBuildContext<T>(
  directory: string,
  payload: Payload,
  work: (context: string) => Promise<T>,
  cacheFolder = cache,
): Promise<T> {
  const context = partialOf(path.join(cacheFolder, `context-${path.basename(directory)}`));
  await removeTree(context); // of an earlier process of that number
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

/** An image must not depend on the umask under which its files were made: its users are others than ours. */
function readableForAll(name: string): void {
  const stat = lstatSync(name);
  if (stat.isSymbolicLink()) return;
  chmodSync(name, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const entry of readdirSync(name)) readableForAll(path.join(name, entry));
}

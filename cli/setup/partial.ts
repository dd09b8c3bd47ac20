import { readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { lives } from "../doctor/alive.ts";
import { run } from "../lib/run.ts";

// With the host's name, because machines may share a home folder, and a process id means nothing on another machine.
const mark = (pid: number) => `.partial-${hostname()}-${pid}`;

/** Path at which something is made until it is complete. Its name has the process id, so that leftovers of a crash can be recognised. */
export function partialOf(target: string): string {
  return `${target}${mark(process.pid)}`;
}

/** Whether the process that was making this has ended. */
export function isAbandoned(name: string, alive: (pid: number) => boolean = lives): boolean {
  const pid = Number(/\.partial-.+-(\d+)$/.exec(name)?.[1]);
  return name.endsWith(mark(pid)) && !alive(pid);
}

/**
 * Makes a file or folder under a temporary name and renames it once it is complete.
 *
 * @param make called with the temporary path
 */
export async function makeWhole(target: string, make: (partial: string) => unknown): Promise<void> {
  const partial = partialOf(target);
  await removeTree(partial); // left by an earlier process with the same id
  try {
    await make(partial);
    putInPlace(partial, target);
  } finally {
    await removeTree(partial);
  }
}

function putInPlace(partial: string, target: string): void {
  try {
    renameSync(partial, target);
  } catch (error) {
    // Another checkout that shares the cache may have made the same folder at the same time.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOTEMPTY", "EEXIST"].includes(code) || !statSync(target).isDirectory()) throw error;
  }
}

/** Incomplete files and folders that crashes left in a folder, at most `depth` levels deep. @param depth 3 by default */
export function abandonedBelow(
  directory: string,
  alive: (pid: number) => boolean = lives,
  depth = 3,
): string[] {
  return entriesOf(directory).flatMap((entry) => {
    const name = path.join(directory, entry.name);
    if (isAbandoned(name, alive)) return [name];
    return entry.isDirectory() && depth > 1 ? abandonedBelow(name, alive, depth - 1) : [];
  });
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // it does not exist or may not be read
  }
}

/**
 * Removes a file or folder. What is mounted below it is unmounted first (debootstrap mounts /proc).
 *
 * @throws SwarmbenchError `folder-in-use` if something is still mounted
 */
export async function removeTree(directory: string): Promise<void> {
  for (const mount of mountsBelow(directory)) await run("umount", [mount], { cleanUp: true });
  const mounted = mountsBelow(directory);
  if (mounted.length > 0) {
    throw new SwarmbenchError(
      "folder-in-use",
      `${directory} was not removed, because something is mounted in it.`,
      { hint: `Unmount it: umount ${mounted.join(" ")}` },
    );
  }
  // With retries, because an interrupted process may take a moment to end and may still write files.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Mount points at or below a folder, innermost first. */
export function mountsBelow(directory: string, mounts = readMounts()): string[] {
  const root = realPath(directory);
  return mounts
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((name) => name.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((name) => name === root || name.startsWith(root + path.sep))
    .sort((a, b) => b.length - a.length);
}

function readMounts(): string {
  // On other systems this program mounts nothing.
  return process.platform === "linux" ? readFileSync("/proc/self/mountinfo", "utf8") : "";
}

function realPath(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return path.resolve(name);
  }
}

import { readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { lives } from "../doctor/alive.ts";
import { Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";

// The host's name too: a home folder may be shared by machines, and a process's number says nothing on another one.
const mark = (pid: number) => `.partial-${hostname()}-${pid}`;

/** Where something is made until it is whole; its name says by which process, so that a crash can be told from work. */
export function partialOf(target: string): string {
  return `${target}${mark(process.pid)}`;
}

/** Whether the process that was making this is no more. */
export function isAbandoned(name: string, alive: (pid: number) => boolean = lives): boolean {
  const pid = Number(/\.partial-.+-(\d+)$/.exec(name)?.[1]);
  return name.endsWith(mark(pid)) && !alive(pid);
}

/**
 * Makes a file or folder beside its place, and puts it there once it is whole.
 *
 * @param make is given the path to make it at
 */
export async function makeWhole(target: string, make: (partial: string) => unknown): Promise<void> {
  const partial = partialOf(target);
  await removeTree(partial); // of an earlier process of that number
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
    // Another checkout that shares the cache has made the same folder meanwhile.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOTEMPTY", "EEXIST"].includes(code) || !statSync(target).isDirectory()) throw error;
  }
}

/** What was left half-made in these folders, at most three folders deep. */
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
    return []; // not there, or not ours to look at
  }
}

/** Removes a file or folder, but nothing that is mounted below it (debootstrap mounts /proc). */
export async function removeTree(directory: string): Promise<void> {
  for (const mount of mountsBelow(directory)) await run("umount", [mount], { cleanUp: true });
  const mounted = mountsBelow(directory);
  if (mounted.length > 0) {
    throw new Problem(
      `${directory} is left, since something is mounted in it.`,
      `Unmount it: umount ${mounted.join(" ")}`,
    );
  }
  // Again where something came meanwhile: what was cut off may take a moment to end.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Where something is mounted at or below a folder, the innermost first. */
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
  // Elsewhere nothing of ours mounts anything.
  return process.platform === "linux" ? readFileSync("/proc/self/mountinfo", "utf8") : "";
}

function realPath(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return path.resolve(name);
  }
}

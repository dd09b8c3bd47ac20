import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { isRunning } from "../doctor/alive.ts";

/** The fields of a stack's state that are read here. */
interface Checkpoint {
  checkpoint: { latest?: { resources?: { id?: string; type: string }[] } };
}

/** The resources in the states of a backend. */
export interface States {
  /** The ids of all resources. */
  ids: Set<string>;
  /** The types of the resources, by stack. */
  types: Map<string, Set<string>>;
  /** Files that cannot be read; their resources are missing here. */
  damaged: string[];
}

/** Reads the states of a file backend. @param directory the backend's */
export function readStates(directory: string): States {
  const ids = new Set<string>();
  const types = new Map<string, Set<string>>();
  const damaged = eachFile(path.join(directory, ".pulumi/stacks"), (document, file) => {
    const { checkpoint } = document as Checkpoint;
    const resources = checkpoint.latest?.resources ?? [];
    for (const { id } of resources) if (id) ids.add(id);
    types.set(path.basename(file).replace(/\.json(\.gz)?$/, ""), new Set(resources.map(({ type }) => type)));
  });
  return { ids, types, damaged };
}

/** A copy of a stack's state that Pulumi made before its last change. */
export interface StateBackup {
  /** Path of the state that it replaces. */
  file: string;
  backup: string;
  /** When it was made. */
  time: Date;
}

/**
 * The backups that can replace damaged states. A crash of the machine while Pulumi writes leaves an empty file.
 *
 * @param damaged files of states, from {@link readStates}; one without a readable backup is left out
 */
export function usableBackups(damaged: readonly string[]): StateBackup[] {
  return damaged.flatMap((file) => {
    const backup = `${file}.bak`;
    if (!existsSync(backup)) return [];
    try {
      const document = readDocument(backup, file.endsWith(".gz")) as Partial<Checkpoint> | null;
      return document?.checkpoint ? [{ file, backup, time: statSync(backup).mtime }] : [];
    } catch {
      return []; // damaged as well
    }
  });
}

/** Puts a backup in the place of a damaged state. The damaged file stays beside it as `<file>.damaged`. */
export function restoreBackup({ file, backup }: StateBackup): void {
  renameSync(file, `${file}.damaged`);
  copyFileSync(backup, file);
}

/** A lock of a stack. `live`: its pulumi is running; `stale`: it has ended; `elsewhere`: it belongs to another machine. */
export interface Lock {
  stack: string;
  pid: number;
  host: string;
  state: "live" | "stale" | "elsewhere";
}

/** The locks of a backend, and the lock files that cannot be read. */
export function readLocks(
  directory: string,
  alive: (pid: number) => boolean = isRunning,
  here = hostname(),
): { locks: Lock[]; damaged: string[] } {
  const locks: Lock[] = [];
  const damaged = eachFile(path.join(directory, ".pulumi/locks"), (document, file) => {
    const { pid, hostname: host } = document as { pid: number; hostname: string };
    if (!Number.isInteger(pid) || pid <= 0) throw new TypeError("no process id");
    const state = host !== here ? "elsewhere" : alive(pid) ? "live" : "stale";
    locks.push({ stack: path.basename(path.dirname(file)), pid, host, state });
  });
  return { locks, damaged };
}

/**
 * Files of attributes that cannot be read. Pulumi then reads no state of the backend ("failed to load checkpoint: EOF"),
 * but it does well without them. An earlier version of swarmbench let Pulumi write them: see PULUMI_BACKEND_URL.
 */
export function damagedAttributes(directory: string): string[] {
  const check = (document: unknown) => {
    if (typeof document !== "object" || document === null) throw new TypeError("no attributes");
  };
  return eachFile(path.join(directory, ".pulumi"), check, /\.attrs$/);
}

/** Calls `read` with the content of each file; returns the files that could not be read. */
function eachFile(
  directory: string,
  read: (document: unknown, file: string) => void,
  names = /\.json(\.gz)?$/,
): string[] {
  return filesBelow(directory, names).filter((file) => {
    try {
      read(readDocument(file, file.endsWith(".gz")), file);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "ENOENT"; // pulumi removes its lock when it ends
    }
  });
}

function readDocument(file: string, compressed: boolean): unknown {
  const data = readFileSync(file);
  return JSON.parse((compressed ? gunzipSync(data) : data).toString("utf8"));
}

function filesBelow(directory: string, names: RegExp): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => names.test(name))
      .map((name) => path.join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { lives } from "../doctor/alive.ts";

/** What a stack's file says, as far as it is read here. */
interface Checkpoint {
  checkpoint: { latest?: { resources?: { id?: string; type: string }[] } };
}

/** What the states of a backend know. */
export interface States {
  /** Of every resource. */
  ids: Set<string>;
  /** The resources' types, by stack. */
  types: Map<string, Set<string>>;
  /** The files that cannot be read: what they knew is not in here. */
  damaged: string[];
}

/** Reads the states of a backend. */
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

/** A lock of a stack. `live`: its pulumi runs; `stale`: it is no more; `elsewhere`: it is another machine's. */
export interface Lock {
  stack: string;
  pid: number;
  host: string;
  is: "live" | "stale" | "elsewhere";
}

/** The locks of a backend, and the files of it that cannot be read. */
export function readLocks(
  directory: string,
  alive: (pid: number) => boolean = lives,
  here = hostname(),
): { locks: Lock[]; damaged: string[] } {
  const locks: Lock[] = [];
  const damaged = eachFile(path.join(directory, ".pulumi/locks"), (document, file) => {
    const { pid, hostname: host } = document as { pid: number; hostname: string };
    if (!Number.isInteger(pid) || pid <= 0) throw new TypeError("no process in it");
    const is = host !== here ? "elsewhere" : alive(pid) ? "live" : "stale";
    locks.push({ stack: path.basename(path.dirname(file)), pid, host, is });
  });
  return { locks, damaged };
}

/** Hands on what is in each file; returns the files of which that was not possible. */
function eachFile(directory: string, read: (document: unknown, file: string) => void): string[] {
  return filesBelow(directory).filter((file) => {
    try {
      const data = readFileSync(file);
      read(JSON.parse((file.endsWith(".gz") ? gunzipSync(data) : data).toString("utf8")), file);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "ENOENT"; // a lock goes when its pulumi ends
    }
  });
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.json(\.gz)?$/.test(name))
      .map((name) => path.join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

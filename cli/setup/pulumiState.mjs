import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { lives } from "../doctor/alive.ts";

/**
 * The ids of every resource in the states of a backend, the types of those of each stack, and the files that cannot be read:
 * what these know is not known.
 *
 * @param {string} directory
 * @returns {{ ids: Set<string>, types: Map<string, Set<string>>, damaged: string[] }}
 */
export function readStates(directory) {
  const ids = new Set();
  const types = new Map();
  const damaged = eachFile(path.join(directory, ".pulumi/stacks"), ({ checkpoint }, file) => {
    const resources = checkpoint.latest?.resources ?? [];
    for (const { id } of resources) if (id) ids.add(id);
    types.set(path.basename(file).replace(/\.json(\.gz)?$/, ""), new Set(resources.map(({ type }) => type)));
  });
  return { ids, types, damaged };
}

/**
 * The locks of a backend. `live`: its pulumi runs; `stale`: it is no more; `elsewhere`: it is another machine's.
 *
 * @param {string} directory
 * @returns {{ locks: { stack: string, pid: number, host: string, is: "live" | "stale" | "elsewhere" }[], damaged: string[] }}
 */
export function readLocks(directory, alive = lives, here = hostname()) {
  const locks = [];
  const damaged = eachFile(path.join(directory, ".pulumi/locks"), ({ pid, hostname: host }, file) => {
    if (!Number.isInteger(pid) || pid <= 0) throw new TypeError("no process in it");
    const is = host !== here ? "elsewhere" : alive(pid) ? "live" : "stale";
    locks.push({ stack: path.basename(path.dirname(file)), pid, host, is });
  });
  return { locks, damaged };
}

/** Hands on what is in each file. @returns {string[]} the files of which that was not possible */
function eachFile(directory, read) {
  return filesBelow(directory).filter((file) => {
    try {
      const data = readFileSync(file);
      read(JSON.parse(file.endsWith(".gz") ? gunzipSync(data) : data), file);
      return false;
    } catch (error) {
      return error.code !== "ENOENT"; // a lock goes when its pulumi ends
    }
  });
}

function filesBelow(directory) {
  try {
    return readdirSync(directory, { recursive: true })
      .filter((name) => /\.json(\.gz)?$/.test(name))
      .map((name) => path.join(directory, name));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

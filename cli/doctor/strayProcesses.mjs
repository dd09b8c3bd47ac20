import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import path from "node:path";
import { cache, project, pulumiFolder } from "../lib/paths.ts";
import { nothingListens } from "./alive.mjs";

/** @typedef {{ pid: number, program: string, args: string[] }} Process `program`: its executable, links resolved */

/**
 * Processes of ours whose engine is no more, whoever their parent is: what a killed `pulumi` has left.
 *
 * @returns {Promise<import("./leftovers.mjs").Leftover[]>}
 */
export async function strayProcesses(
  processes = runningProcesses(),
  refuses = nothingListens,
  place = here(),
) {
  const strays = await Promise.all(
    processes.map(async (one) => {
      const engine = engineOf(one, place);
      return engine !== undefined && (await refuses(engine)) ? [one] : [];
    }),
  );
  return strays.flat().map(({ pid, args }) => ({
    what: `process ${pid}, whose pulumi is no more: ${args.join(" ").slice(0, 120)}`,
    // The number may belong to another process by now.
    remove: async () => look(pid)?.args.join("\0") === args.join("\0") && process.kill(pid, "SIGTERM"),
  }));
}

/**
 * The address of the engine that a process of ours was given, undefined where the process is not one of ours.
 *
 * @param {Process} one
 * @param {{ folders: string[], project: string }} place `folders`: where our tools are
 */
export function engineOf({ program, args }, { folders, project }) {
  if (args.some((arg) => arg.includes("@pulumi/pulumi/cmd/run"))) {
    return optionOf(args, "pwd") === project ? address(optionOf(args, "engine")) : undefined;
  }
  const inOurs = folders.some((folder) => program.startsWith(folder + path.sep));
  // Not `pulumi` itself, which may be given an address as a value.
  return inOurs && /^pulumi-(resource|language)-/.test(path.basename(program))
    ? address(args.at(-1))
    : undefined;
}

function address(text = "") {
  const port = /^[^\s:]+:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) < 65536 ? text : undefined;
}

function optionOf(args, name) {
  const index = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  return args[index].includes("=") ? args[index].slice(name.length + 3) : args[index + 1];
}

function here() {
  const folders = [path.join(cache, "tools"), pulumiFolder].flatMap((folder) => {
    try {
      return [realpathSync(folder)];
    } catch {
      return []; // not made yet
    }
  });
  return { folders, project };
}

/** @returns {Process[]} */
function runningProcesses() {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => look(Number(pid)) ?? []);
}

/** @returns {Process | undefined} */
function look(pid) {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const program = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return { pid, program, args };
  } catch {
    return undefined; // it ended while we looked, or is not ours to look at
  }
}

import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import path from "node:path";
import { cache, project, pulumiFolder } from "../lib/paths.ts";
import { nothingListens } from "./alive.ts";
import type { Leftover } from "./leftover.ts";

/** A process of this machine; `program` is the path of its executable without symbolic links. */
export interface Process {
  pid: number;
  program: string;
  args: string[];
}

/** The folder of this checkout, and the folders with its tools. */
export interface OwnFolders {
  folders: string[];
  project: string;
}

/** Processes that a killed `pulumi` left over: plugins and language hosts of this checkout whose engine no longer listens. */
export async function strayProcesses(
  processes: readonly Process[] = runningProcesses(),
  refuses: (address: string) => Promise<boolean> = nothingListens,
  own: OwnFolders = ownFolders(),
): Promise<Leftover[]> {
  const strays = await Promise.all(
    processes.map(async (process) => {
      const engine = engineOf(process, own);
      return engine !== undefined && (await refuses(engine)) ? [process] : [];
    }),
  );
  return strays.flat().map(({ pid, args }) => ({
    what: `process ${pid} of a pulumi that has ended: ${args.join(" ").slice(0, 120)}`,
    // The process id may belong to another process by now.
    remove: async () => inspect(pid)?.args.join("\0") === args.join("\0") && process.kill(pid, "SIGTERM"),
  }));
}

/** Address of the engine that a process was started with; undefined if it is not a plugin or language host of this checkout. */
export function engineOf({ program, args }: Process, { folders, project }: OwnFolders): string | undefined {
  if (args.some((arg) => arg.includes("@pulumi/pulumi/cmd/run"))) {
    return optionOf(args, "pwd") === project ? address(optionOf(args, "engine")) : undefined;
  }
  const isOwn = folders.some((folder) => program.startsWith(folder + path.sep));
  // Not `pulumi` itself, which may have an address as an argument for something else.
  return isOwn && /^pulumi-(resource|language)-/.test(path.basename(program))
    ? address(args.at(-1))
    : undefined;
}

function address(text = ""): string | undefined {
  const port = /^[^\s:]+:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) < 65536 ? text : undefined;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const index = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  const arg = args[index] ?? "";
  return arg.includes("=") ? arg.slice(name.length + 3) : args[index + 1];
}

function ownFolders(): OwnFolders {
  const folders = [path.join(cache, "tools"), pulumiFolder].flatMap((folder) => {
    try {
      return [realpathSync(folder)];
    } catch {
      return []; // it does not exist yet
    }
  });
  return { folders, project };
}

function runningProcesses(): Process[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => inspect(Number(pid)) ?? []);
}

function inspect(pid: number): Process | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const program = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return { pid, program, args };
  } catch {
    return undefined; // it has ended, or may not be read
  }
}

import { existsSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { ask, run } from "../lib/run.ts";
import { step } from "../lib/steps.ts";

/** Address of the engine that `docker` uses by default. */
export const DEFAULT_ENGINE = "unix:///var/run/docker.sock";

/** Waits up to 300 s for another package manager, such as the unattended upgrades of a fresh machine. */
const LOCK = "-oDPkg::Lock::Timeout=300";

/** Whether this process runs as root. */
export const isRoot = process.getuid?.() === 0;
const hasApt = existsSync("/usr/bin/apt-get");

// dockerd, debootstrap and iptables are in these folders, which not every user's PATH has, and not even every root's.
const searched = (process.env.PATH ?? "").split(path.delimiter);
process.env.PATH = [...new Set([...searched, "/usr/sbin", "/sbin"])].join(path.delimiter);

/** Steps run at the same time, but only one of them may use the package manager. */
let lastInstall: Promise<void> = Promise.resolve();

/** The package of each program, or of a file given by its absolute path; of several packages, the first that apt knows. */
export type Packages = Record<string, string | string[]>;

/**
 * Installs the Debian packages of programs that this machine lacks.
 *
 * @throws SwarmbenchError `program-missing` with the command to run if this user may not install packages
 */
export function ensurePrograms(packageOf: Packages): Promise<void> {
  const install = lastInstall.then(() => installPrograms(packageOf));
  lastInstall = install.catch(() => {}); // the caller gets the error; the next install is tried anyway
  return install;
}

async function installPrograms(packageOf: Packages): Promise<void> {
  const missing: string[][] = [];
  for (const [program, packages] of Object.entries(packageOf)) {
    if (!(await isThere(program))) missing.push([packages].flat());
  }
  if (missing.length === 0) return;
  if (!isRoot || !hasApt) {
    const packages = hasApt ? await choose(missing) : missing.flatMap(([first]) => first ?? []);
    const hint = hasApt
      ? `Install them: sudo apt-get install ${packages.join(" ")}`
      : "Install them, then run `npm run setup` again.";
    throw new SwarmbenchError("program-missing", `This machine lacks: ${packages.join(", ")}.`, { hint });
  }
  const titles = [...new Set(missing.map((packages) => packages.join(" or ")))];
  await step(`install ${titles.join(", ")}`, async () => {
    const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, mustEnd: true };
    await run("apt-get", [LOCK, "update", "--quiet"], options);
    const packages = await choose(missing); // after the update: before it, apt may not know any package
    const install = [LOCK, "install", "--quiet", "--yes", "--no-install-recommends"];
    await run("apt-get", [...install, ...packages], options);
  });
}

async function isThere(program: string): Promise<boolean> {
  if (path.isAbsolute(program)) return existsSync(program);
  return (await ask("sh", ["-c", 'command -v "$0"', program])) !== undefined;
}

/** From each list of packages, the first that apt knows, else the last. */
async function choose(lists: string[][]): Promise<string[]> {
  const chosen = await Promise.all(
    lists.map(async (packages) => {
      for (const name of packages.slice(0, -1)) if (await aptKnows(name)) return name;
      return packages.at(-1);
    }),
  );
  return [...new Set(chosen.filter((name) => name !== undefined))];
}

async function aptKnows(name: string): Promise<boolean> {
  return /^ *Candidate: (?!\(none\))/m.test((await ask("apt-cache", ["policy", name])) ?? "");
}

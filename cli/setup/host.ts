import { existsSync } from "node:fs";
import path from "node:path";
import { Problem } from "../lib/problem.ts";
import { ask, run } from "../lib/run.ts";
import { step } from "../lib/steps.ts";

/** The engine that `docker` uses unless it is told otherwise. */
export const DEFAULT_ENGINE = "unix:///var/run/docker.sock";

/** Another package manager, such as the unattended upgrades of a fresh machine, is waited for. */
const LOCK = "-oDPkg::Lock::Timeout=300";

export const isRoot = process.getuid?.() === 0;
const hasApt = existsSync("/usr/bin/apt-get");

// dockerd, debootstrap and iptables are there, which is not in everyone's PATH, not even in every root's.
const searched = (process.env.PATH ?? "").split(path.delimiter);
process.env.PATH = [...new Set([...searched, "/usr/sbin", "/sbin"])].join(path.delimiter);

/** Steps run beside each other, but there is one package manager. */
let lastInstall: Promise<void> = Promise.resolve();

/** The package of a program, or of a file where that is an absolute path; of several, the first that apt knows. */
export type Packages = Record<string, string | string[]>;

/**
 * Installs Debian's packages of programs that this machine lacks.
 *
 * @throws Problem with the command to run where this user may not
 */
export function ensurePrograms(packageOf: Packages): Promise<void> {
  const install = lastInstall.then(() => installPrograms(packageOf));
  lastInstall = install.catch(() => {}); // the caller hears of it; the next install is tried all the same
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
    throw new Problem(
      `This machine lacks: ${packages.join(", ")}.`,
      hasApt
        ? `Install them: sudo apt-get install ${packages.join(" ")}`
        : "Install them, then run `npm run setup` again.",
    );
  }
  const titles = [...new Set(missing.map((packages) => packages.join(" or ")))];
  await step(`install ${titles.join(", ")}`, async () => {
    const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, mustEnd: true };
    await run("apt-get", [LOCK, "update", "--quiet"], options);
    const packages = await choose(missing); // after the update, which may be the first to tell what there is
    const install = [LOCK, "install", "--quiet", "--yes", "--no-install-recommends"];
    await run("apt-get", [...install, ...packages], options);
  });
}

async function isThere(program: string): Promise<boolean> {
  if (path.isAbsolute(program)) return existsSync(program);
  return (await ask("sh", ["-c", 'command -v "$0"', program])) !== undefined;
}

/** Of each list of packages the first that apt knows, else the last. */
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

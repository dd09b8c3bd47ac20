import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache } from "../lib/paths.ts";
import { run } from "../lib/run.ts";

/** The versions of Node.js that are supported: the oldest one, then the newest of each later line. */
export const SUPPORTED_NODES = ["20.12.2", "22", "24"] as const;

/**
 * Installs a version of Node.js from npm, which checks the integrity of the package, and keeps it in the cache.
 *
 * @param version exact, or a range such as `22`: its newest version when it is first installed
 * @returns path of the program
 */
export async function ensureNode(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = path.join(cache, "node", version);
  const program = path.join(folder, "node_modules", name, "bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, dependencies: { [name]: version } };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--package-lock=true"];
  await run("npm", ["install", ...flags], { cwd: folder, mustEnd: true });
  return program;
}

import { readFileSync } from "node:fs";
import path from "node:path";
import { exec } from "../../lib/exec.ts";
import { project } from "../lib/paths.ts";

/** The version of the code that measures, its commit, and whether it has uncommitted changes; null without a git checkout. */
export interface Checkout {
  version: string;
  commit: string | null;
  dirty: boolean | null;
}

/** The version and commit of this checkout. */
export async function checkout(): Promise<Checkout> {
  const { version } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as {
    version: string;
  };
  const git = async (...args: string[]) => (await exec("git", ["-C", project, ...args])).trim();
  try {
    const commit = await git("rev-parse", "HEAD");
    return { version, commit, dirty: (await git("status", "--porcelain", "--untracked-files=no")) !== "" };
  } catch {
    return { version, commit: null, dirty: null }; // git is not installed, or this is not a checkout
  }
}

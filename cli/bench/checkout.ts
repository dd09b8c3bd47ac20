import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.ts";

/** The version and commit of the code that measures; null where there is no git checkout. */
export function checkout(): { version: string; commit: string | null; dirty: boolean | null } {
  const { version } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as {
    version: string;
  };
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: project, encoding: "utf8", stdio: "pipe" }).trim();
  try {
    return {
      version,
      commit: git("rev-parse", "HEAD"),
      dirty: git("status", "--porcelain", "--untracked-files=no") !== "",
    };
  } catch {
    return { version, commit: null, dirty: null }; // no git, or no checkout
  }
}

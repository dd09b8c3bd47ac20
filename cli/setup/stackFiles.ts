import { realpathSync } from "node:fs";
import { project } from "../lib/paths.ts";
import { ask } from "../lib/run.ts";

// Pulumi writes the salt of this checkout's passphrase into the committed Pulumi.<scenario>.yaml. Git is told to leave it
// out of what it compares and commits, unless secrets are encrypted with it.

const STACK_FILES = "Pulumi.*.yaml";

/** As .gitattributes names it. */
const FILTER = "swarmbench";

/** In a language that every machine with git has: git runs it for each stack file, also where Node is not in PATH. */
const CLEAN = `awk '
  /^[^#]*[ {]secure:/ { secret = 1 }
  { line[NR] = $0 }
  END { for (i = 1; i <= NR; i++) if (secret || line[i] !~ /^encryptionsalt:/) print line[i] }'`.replace(
  /\n\s*/g,
  " ",
);

/**
 * Keeps the checkout clean although its stack files have a salt. Changes nothing but git's own files, and nothing where
 * there is no git or where this folder is not the top of a checkout.
 */
export async function keepStackFilesClean(folder = project): Promise<void> {
  const git = (...args: string[]) => ask("git", ["-C", folder, ...args]);
  if ((await git("rev-parse", "--show-toplevel")) !== realpathSync(folder)) return;
  if ((await git("config", "--local", `filter.${FILTER}.clean`)) !== CLEAN) {
    await git("config", "--local", `filter.${FILTER}.clean`, CLEAN);
  }
  await noteSizes(git);
}

/** Git takes a file of another size for a changed one, until it has noted that size. Only files that are unchanged. */
async function noteSizes(git: (...args: string[]) => Promise<string | undefined>): Promise<void> {
  const suspects = lines(await git("diff-files", "--name-only", "--diff-filter=M", "--", STACK_FILES));
  if (suspects.length === 0) return;
  const here = lines(await git("hash-object", "--", ...suspects));
  const noted = lines(await git("ls-files", "--stage", "--", ...suspects)).map((line) => line.split(" ")[1]);
  const unchanged = suspects.filter((_, index) => here[index] === noted[index]);
  if (unchanged.length > 0) await git("update-index", "--", ...unchanged);
}

function lines(text = ""): string[] {
  return text.split("\n").filter((line) => line !== "");
}

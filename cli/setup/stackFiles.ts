import { realpathSync } from "node:fs";
import { project } from "../lib/paths.ts";
import { ask } from "../lib/run.ts";

// Pulumi writes the salt of this checkout's passphrase into the committed Pulumi.<scenario>.yaml. A clean filter of git
// removes it from what is compared and committed, unless the file has secrets, which are encrypted with it.

const STACK_FILES = "Pulumi.*.yaml";

/** Name of the filter in .gitattributes. */
const FILTER = "swarmbench";

/** The filter's command. It uses awk because git runs it for each stack file, also when Node is not in PATH. */
const CLEAN = `awk '
  /^[^#]*[ {]secure:/ { secret = 1 }
  { line[NR] = $0 }
  END { for (i = 1; i <= NR; i++) if (secret || line[i] !~ /^encryptionsalt:/) print line[i] }'`.replace(
  /\n\s*/g,
  " ",
);

/**
 * Keeps `git status` clean although stack files contain a salt. Changes only git's own files; does nothing if there is no git, or
 * if the folder is not the top of a checkout.
 */
export async function keepStackFilesClean(folder = project): Promise<void> {
  const git = (...args: string[]) => ask("git", ["-C", folder, ...args], { cleanUp: true });
  if ((await git("rev-parse", "--show-toplevel")) !== realpathSync(folder)) return;
  if ((await git("config", "--local", `filter.${FILTER}.clean`)) !== CLEAN) {
    await git("config", "--local", `filter.${FILTER}.clean`, CLEAN);
  }
  await refreshIndex(git);
}

/** Updates the file sizes in git's index; for git, a file with another size is a changed one. Only for files that did not change. */
async function refreshIndex(git: (...args: string[]) => Promise<string | undefined>): Promise<void> {
  const suspects = lines(await git("diff-files", "--name-only", "--diff-filter=M", "--", STACK_FILES));
  if (suspects.length === 0) return;
  const current = lines(await git("hash-object", "--", ...suspects));
  const indexed = lines(await git("ls-files", "--stage", "--", ...suspects)).map(
    (line) => line.split(" ")[1],
  );
  const unchanged = suspects.filter((_, index) => current[index] === indexed[index]);
  if (unchanged.length > 0) await git("update-index", "--", ...unchanged);
}

function lines(text = ""): string[] {
  return text.split("\n").filter((line) => line !== "");
}

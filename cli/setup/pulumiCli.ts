import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { project, stateDirectory } from "../lib/paths.ts";
import { type CommandOptions, run } from "../lib/run.ts";
import { scenarioFile } from "../lib/scenarios.ts";
import { pulumiEnv } from "./shellEnv.ts";
import { keepStackFilesClean } from "./stackFiles.ts";

/**
 * Runs this installation's `pulumi` in the project and returns its standard output. Afterwards the checkout is as clean as before,
 * although Pulumi writes a salt into stack files.
 */
export async function pulumi(args: string[], options: CommandOptions = {}): Promise<string> {
  try {
    return await run("pulumi", args, { cwd: project, env: pulumiEnv(), ...options });
  } finally {
    await keepStackFilesClean();
  }
}

/** Makes the stack of a scenario unless it exists, so that `pulumi up -s <scenario>` works without further steps. */
export async function ensureStack(scenario: string): Promise<void> {
  if (existsSync(path.join(stateDirectory, `.pulumi/stacks/swarmbench/${scenario}.json`))) return;
  const file = scenarioFile(scenario);
  const text = readFileSync(file, "utf8");
  const fresh = withoutForeignSalt(scenario, text);
  if (fresh !== text) writeFileSync(file, fresh);
  await pulumi(["stack", "init", scenario, "--no-select", "--non-interactive"]);
}

/**
 * Removes from a stack file the salt of a passphrase that is not this checkout's. The file outlives `.swarmbench` and may come
 * from another checkout; with that salt, Pulumi rejects the passphrase.
 *
 * @throws SwarmbenchError `passphrase-differs` if the file has secrets, which only the other passphrase can decrypt
 */
export function withoutForeignSalt(scenario: string, text: string): string {
  if (!/^encryptionsalt:/m.test(text)) return text;
  if (/^[^#\n]*[ {]secure:/m.test(text)) {
    throw new SwarmbenchError(
      "passphrase-differs",
      `Pulumi.${scenario}.yaml has secrets that are encrypted with another checkout's passphrase.`,
      {
        hint:
          "Put that passphrase into .swarmbench/passphrase, or remove the lines `secure:` and `encryptionsalt:` and\n" +
          "set the secrets again: pulumi config set --secret …",
      },
    );
  }
  return text.replace(/^encryptionsalt:.*\n?/m, "");
}

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { project, stateDirectory } from "../lib/paths.ts";
import { Problem } from "../lib/problem.ts";
import { type CommandOptions, run } from "../lib/run.ts";
import { pulumiEnv } from "./shellEnv.ts";

/** Runs `pulumi`, of this installation, in this project. */
export function pulumi(args: string[], options: CommandOptions = {}): Promise<string> {
  return run("pulumi", args, { cwd: project, env: pulumiEnv(), ...options });
}

/** Makes the stack of a scenario unless it is there, so that `pulumi up -s <scenario>` just works. */
export async function ensureStack(scenario: string): Promise<void> {
  if (existsSync(path.join(stateDirectory, `.pulumi/stacks/swarmbench/${scenario}.json`))) return;
  const file = path.join(project, `Pulumi.${scenario}.yaml`);
  const text = readFileSync(file, "utf8");
  const fresh = withoutForeignSalt(scenario, text);
  if (fresh !== text) writeFileSync(file, fresh);
  await pulumi(["stack", "init", scenario, "--no-select", "--non-interactive"]);
}

/**
 * A scenario's configuration without the salt that Pulumi wrote into it for a passphrase which is not ours: the file
 * outlives `.swarmbench`, and may come from another checkout. Pulumi would refuse our passphrase.
 *
 * @throws Problem where secrets are encrypted with it: only that passphrase can read them
 */
export function withoutForeignSalt(scenario: string, text: string): string {
  if (!/^encryptionsalt:/m.test(text)) return text;
  if (/^[^#\n]*[ {]secure:/m.test(text)) {
    throw new Problem(
      `Pulumi.${scenario}.yaml holds secrets of another checkout's passphrase.`,
      "Put that passphrase into .swarmbench/passphrase, or take the lines `secure:` and `encryptionsalt:` out and\n" +
        "set the secrets again: pulumi config set --secret …",
    );
  }
  return text.replace(/^encryptionsalt:.*\n?/m, "");
}

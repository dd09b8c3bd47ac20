import { existsSync } from "node:fs";
import path from "node:path";
import { project, stateDirectory } from "./paths.mjs";
import { run } from "./run.mjs";
import { pulumiEnv } from "./shellEnv.mjs";

/** Runs `pulumi`, of this installation, in this project. */
export function pulumi(args, options = {}) {
  return run("pulumi", args, { cwd: project, env: pulumiEnv(), ...options });
}

/** Makes the stack of a scenario unless it is there, so that `pulumi up -s <scenario>` just works. */
export async function ensureStack(scenario) {
  if (existsSync(path.join(stateDirectory, `.pulumi/stacks/swarmbench/${scenario}.json`))) return;
  await pulumi(["stack", "init", scenario, "--no-select", "--non-interactive"]);
}

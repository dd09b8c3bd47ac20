import { readFileSync } from "node:fs";
import path from "node:path";
import { home, installationFile, passphraseFile, pulumiHome, stateDirectory } from "../lib/paths.mjs";
import { Problem } from "../lib/problem.mjs";

/** @returns {{ bin: string, source: string, engineHost: string }} what `npm run setup` wrote */
export function readInstallation() {
  try {
    return JSON.parse(readFileSync(installationFile, "utf8"));
  } catch {
    throw new Problem("This checkout is not set up.", "Run: npm run setup");
  }
}

/** The environment in which `pulumi` finds its program, plugins, state and passphrase. */
export function pulumiEnv() {
  const { bin, source } = readInstallation();
  return {
    PATH: [bin, ...(process.env.PATH ?? "").split(path.delimiter).filter((entry) => entry !== bin)].join(
      path.delimiter,
    ),
    PULUMI_HOME: pulumiHome(source),
    PULUMI_BACKEND_URL: `file://${stateDirectory}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The program looks for its installation there; unset, both look below the checkout.
    ...(process.env.SWARMBENCH_HOME ? { SWARMBENCH_HOME: home } : {}),
  };
}

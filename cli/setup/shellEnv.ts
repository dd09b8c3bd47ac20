import { readFileSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { home, installationFile, passphraseFile, pulumiHome, stateDirectory } from "../lib/paths.ts";
import type { StoredImage } from "./imageStore.ts";
import type { EngineImage } from "./images.ts";
import type { SourceName } from "./source.ts";

/** What `npm run setup` wrote. */
export interface SetupResult {
  version: 2;
  source: SourceName;
  /** The folder of the `pulumi` program. */
  bin: string;
  engineHost: string;
  images: Record<string, EngineImage | StoredImage>;
}

/** @throws SwarmbenchError where setup has not run */
export function readInstallation(): SetupResult {
  try {
    return JSON.parse(readFileSync(installationFile, "utf8")) as SetupResult;
  } catch {
    throw new SwarmbenchError("not-set-up", "This checkout is not set up.", { hint: "Run: npm run setup" });
  }
}

/** The environment in which `pulumi` finds its program, plugins, state and passphrase. */
export function pulumiEnv(): Record<string, string> {
  const { bin, source } = readInstallation();
  const env: Record<string, string> = {
    PATH: [bin, ...(process.env.PATH ?? "").split(path.delimiter).filter((entry) => entry !== bin)].join(
      path.delimiter,
    ),
    PULUMI_HOME: pulumiHome(source),
    PULUMI_BACKEND_URL: `file://${stateDirectory}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  // The program looks for its installation there; unset, both look below the checkout.
  if (process.env.SWARMBENCH_HOME) env.SWARMBENCH_HOME = home;
  return env;
}

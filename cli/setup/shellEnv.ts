import { readFileSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { home, installationFile, passphraseFile, pulumiHome, stateDirectory } from "../lib/paths.ts";
import type { StoredImage } from "./imageStore.ts";
import type { EngineImage } from "./images.ts";
import type { SourceName } from "./source.ts";
import type { LeftOut } from "./toolSource.ts";

/** Version of installation.json; increase it when its fields change. */
export const INSTALLATION_VERSION = 3;

/** The contents of installation.json, which setup writes. */
export interface SetupResult {
  version: typeof INSTALLATION_VERSION;
  source: SourceName;
  /** The folder of the `pulumi` program. */
  bin: string;
  engineHost: string;
  images: Record<string, EngineImage | StoredImage>;
  /** Images that the source does not have, by name. */
  leftOut: Record<string, LeftOut>;
  /** Images whose program has an API but no web pages. */
  withoutPages: readonly string[];
  /** The newest API version that the Docker provider speaks; undefined: it speaks that of every engine. */
  newestApi?: string;
  /** Folders of Go modules that were compiled, as paths from the project. */
  goModules: readonly string[];
}

/** Reads installation.json. @throws SwarmbenchError `not-set-up` if setup has not run, or is of another version */
export function readInstallation(): SetupResult {
  try {
    const installation = JSON.parse(readFileSync(installationFile, "utf8")) as SetupResult;
    if (installation.version === INSTALLATION_VERSION) return installation;
  } catch {
    // missing or damaged
  }
  throw new SwarmbenchError("not-set-up", "This checkout is not set up.", { hint: "Run: npm run setup" });
}

/** The environment variables by which `pulumi` finds its program, plugins, state and passphrase. */
export function pulumiEnv(): Record<string, string> {
  const { bin, source } = readInstallation();
  const env: Record<string, string> = {
    PATH: [bin, ...(process.env.PATH ?? "").split(path.delimiter).filter((entry) => entry !== bin)].join(
      path.delimiter,
    ),
    PULUMI_HOME: pulumiHome(source),
    // Without metadata=skip Pulumi writes a file of attributes beside each state, and not in one step: a kill meanwhile
    // leaves an empty one, and every later command fails with "failed to load checkpoint: EOF".
    PULUMI_BACKEND_URL: `file://${stateDirectory}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  // The Pulumi program looks for installation.json there. If it is unset, both use the checkout.
  if (process.env.SWARMBENCH_HOME) env.SWARMBENCH_HOME = home;
  return env;
}

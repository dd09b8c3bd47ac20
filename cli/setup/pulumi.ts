import { accessSync, constants, existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache } from "../lib/paths.ts";
import { ask, run } from "../lib/run.ts";
import { step } from "../lib/steps.ts";
import { fromMakers } from "./fromMakers.ts";
import { makeWhole } from "./partial.ts";
import { versions } from "./versions.ts";

/**
 * Provides Pulumi as its makers publish it: the user's CLI if it can run this program, else one from npm; and the plugins.
 *
 * @param plugins folder for Pulumi's plugins
 * @returns the folder of the `pulumi` program
 */
export async function ensurePulumi(plugins: string): Promise<string> {
  const bin = (await installedPulumi()) ?? (await npmPulumi());
  const env = { PULUMI_HOME: path.dirname(plugins) };
  await Promise.all(
    (["docker", "command"] as const).map(async (name) => {
      if (existsSync(path.join(plugins, `resource-${name}-v${versions[name]}`))) return;
      const install = ["plugin", "install", "resource", name, versions[name]];
      await step(`install the Pulumi plugin ${name} ${versions[name]}`, () =>
        fromMakers(() => run(path.join(bin, "pulumi"), install, { env })),
      );
    }),
  );
  return bin;
}

/** The folder of a CLI that the user has installed and that can run this program: same major version, not older than the SDK. */
async function installedPulumi(): Promise<string | undefined> {
  const bin = foreignPulumi((process.env.PATH ?? "").split(path.delimiter));
  if (!bin) return undefined;
  const version = /^v?(\d+)\.(\d+)/.exec((await ask(path.join(bin, "pulumi"), ["version"])) ?? "");
  const [major, minor = 0] = versions.pulumi.split(".").map(Number);
  if (!version || Number(version[1]) !== major || Number(version[2]) < minor) return undefined;
  return bin;
}

/** The first folder with a CLI that setup did not install; `npm run env` puts setup's own into PATH. */
export function foreignPulumi(folders: string[], cacheFolder = cache): string | undefined {
  return folders.find((folder) => {
    try {
      const program = path.join(folder, "pulumi");
      accessSync(program, constants.X_OK);
      return (
        path.isAbsolute(folder) && !realpathSync(program).startsWith(realpathSync(cacheFolder) + path.sep)
      );
    } catch {
      return false;
    }
  });
}

/** The CLI from the npm registry; the package downloads the program when it first runs. */
async function npmPulumi(): Promise<string> {
  const directory = path.join(cache, `tools/pulumi-npm-${versions.pulumi}`);
  const bin = path.join(directory, "node_modules/.bin");
  if (!existsSync(path.join(bin, "pulumi"))) {
    await step(`download the Pulumi CLI ${versions.pulumi}`, () =>
      fromMakers(() => makeWhole(directory, fetchPulumi)),
    );
  }
  return bin;
}

async function fetchPulumi(partial: string): Promise<void> {
  mkdirSync(partial, { recursive: true });
  writeFileSync(path.join(partial, "package.json"), '{ "private": true }\n');
  await run("npm", ["install", "--silent", "--no-save", `pulumi@${versions.pulumi}`], { cwd: partial });
  await run(path.join(partial, "node_modules/.bin/pulumi"), ["version"]);
}

import {
  existsSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { contentKey } from "./contentKey.mjs";
import { ensureBuiltTools } from "./goTools.mjs";
import { cache, pulumiHome } from "./paths.mjs";
import { ask, run } from "./run.mjs";
import { step } from "./steps.mjs";
import { versions } from "./versions.mjs";

/**
 * The Pulumi CLI with the Node language host, and the two plugins in Pulumi's own folder of plugins.
 *
 * @param {"official" | "built"} source
 * @returns {Promise<string>} the folder of the `pulumi` program
 */
export async function ensurePulumi(source) {
  mkdirSync(path.join(pulumiHome, "plugins"), { recursive: true });
  return source === "built" ? builtPulumi() : officialPulumi();
}

async function builtPulumi() {
  const programs = await ensureBuiltTools();
  for (const name of ["docker", "command"]) {
    const directory = path.join(pulumiHome, "plugins", `resource-${name}-v${versions[name]}`);
    mkdirSync(directory, { recursive: true });
    link(programs[`pulumi-resource-${name}`], path.join(directory, `pulumi-resource-${name}`));
  }
  return toolset(programs.pulumi, programs["pulumi-language-nodejs"]);
}

/** A folder with these programs in it: the CLI takes a language host that lies beside it for its own. */
function toolset(...programs) {
  const directory = path.join(cache, "tools", `toolset-${contentKey([], ...programs)}`);
  if (!existsSync(directory)) {
    const partial = `${directory}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    for (const program of programs) linkSync(program, path.join(partial, path.basename(program)));
    renameSync(partial, directory);
  }
  return directory;
}

function link(target, name) {
  if (existsSync(name) && readlinkSync(name) === target) return;
  rmSync(name, { force: true });
  symlinkSync(target, name);
}

async function officialPulumi() {
  const bin = (await installedPulumi()) ?? (await npmPulumi());
  const env = { PULUMI_HOME: pulumiHome };
  await Promise.all(
    ["docker", "command"].map(async (name) => {
      if (existsSync(path.join(pulumiHome, "plugins", `resource-${name}-v${versions[name]}`))) return;
      await step(`install the Pulumi plugin ${name} ${versions[name]}`, () =>
        run(path.join(bin, "pulumi"), ["plugin", "install", "resource", name, versions[name]], { env }),
      );
    }),
  );
  return bin;
}

/** A CLI that the user has and that can run our program: the same major version, and not older than our SDK. */
async function installedPulumi() {
  const version = /^v?(\d+)\.(\d+)/.exec((await ask("pulumi", ["version"])) ?? "");
  const [major, minor] = versions.pulumi.split(".").map(Number);
  if (!version || Number(version[1]) !== major || Number(version[2]) < minor) return undefined;
  return path.dirname(await ask("sh", ["-c", "command -v pulumi"]));
}

/** The CLI as its makers publish it in the npm registry; the package fetches the program when it first runs. */
async function npmPulumi() {
  const directory = path.join(cache, `tools/pulumi-npm-${versions.pulumi}`);
  const bin = path.join(directory, "node_modules/.bin");
  if (!existsSync(path.join(bin, "pulumi"))) {
    await step(`fetch the Pulumi CLI ${versions.pulumi}`, async () => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(path.join(directory, "package.json"), '{ "private": true }\n');
      await run("npm", ["install", "--silent", "--no-save", `pulumi@${versions.pulumi}`], { cwd: directory });
      await run(path.join(bin, "pulumi"), ["version"]);
    });
  }
  return bin;
}

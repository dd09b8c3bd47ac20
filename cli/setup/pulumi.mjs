import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { ensureBuiltTools } from "../../offline/goTools.mjs";
import { cache, pulumiHome } from "../lib/paths.mjs";
import { ask, run } from "../lib/run.mjs";
import { step } from "../lib/steps.mjs";
import { contentKey } from "./contentKey.mjs";
import { makeWhole } from "./partial.mjs";
import { fromMakers } from "./source.mjs";
import { versions } from "./versions.mjs";

/**
 * The Pulumi CLI with the Node language host, and the two plugins in Pulumi's own folder of plugins.
 *
 * @param {"official" | "built"} source
 * @returns {Promise<string>} the folder of the `pulumi` program
 */
export async function ensurePulumi(source) {
  const plugins = path.join(pulumiHome(source), "plugins");
  mkdirSync(plugins, { recursive: true });
  return source === "built" ? builtPulumi(plugins) : officialPulumi(plugins);
}

async function builtPulumi(plugins) {
  const programs = await ensureBuiltTools();
  for (const name of ["docker", "command"]) {
    const directory = path.join(plugins, `resource-${name}-v${versions[name]}`);
    mkdirSync(directory, { recursive: true });
    link(programs[`pulumi-resource-${name}`], path.join(directory, `pulumi-resource-${name}`));
  }
  return toolset(programs.pulumi, programs["pulumi-language-nodejs"]);
}

/** A folder with these programs in it: the CLI takes a language host that lies beside it for its own. */
async function toolset(...programs) {
  const directory = path.join(cache, "tools", `toolset-${contentKey([], ...programs)}`);
  if (!existsSync(directory)) {
    await makeWhole(directory, (partial) => {
      mkdirSync(partial, { recursive: true });
      for (const program of programs) linkSync(program, path.join(partial, path.basename(program)));
    });
  }
  return directory;
}

/** Makes a symbolic link, whatever stood there before. */
export function link(target, name) {
  if (linkTarget(name) === target) return;
  rmSync(name, { recursive: true, force: true });
  symlinkSync(target, name);
}

function linkTarget(name) {
  try {
    return readlinkSync(name);
  } catch {
    return undefined; // nothing there, or not a link
  }
}

async function officialPulumi(plugins) {
  const bin = (await installedPulumi()) ?? (await npmPulumi());
  const env = { PULUMI_HOME: path.dirname(plugins) };
  await Promise.all(
    ["docker", "command"].map(async (name) => {
      if (existsSync(path.join(plugins, `resource-${name}-v${versions[name]}`))) return;
      const install = ["plugin", "install", "resource", name, versions[name]];
      await step(`install the Pulumi plugin ${name} ${versions[name]}`, () =>
        fromMakers(() => run(path.join(bin, "pulumi"), install, { env })),
      );
    }),
  );
  return bin;
}

/** A CLI that the user has and that can run our program: the same major version, and not older than our SDK. */
async function installedPulumi() {
  const bin = foreignPulumi((process.env.PATH ?? "").split(path.delimiter));
  if (!bin) return undefined;
  const version = /^v?(\d+)\.(\d+)/.exec((await ask(path.join(bin, "pulumi"), ["version"])) ?? "");
  const [major, minor] = versions.pulumi.split(".").map(Number);
  if (!version || Number(version[1]) !== major || Number(version[2]) < minor) return undefined;
  return bin;
}

/** The first folder with a CLI that is not one of ours, which `npm run env` puts into the shell. */
export function foreignPulumi(folders, ours = cache) {
  return folders.find((folder) => {
    try {
      const program = path.join(folder, "pulumi");
      accessSync(program, constants.X_OK);
      return path.isAbsolute(folder) && !realpathSync(program).startsWith(realpathSync(ours) + path.sep);
    } catch {
      return false;
    }
  });
}

/** The CLI as its makers publish it in the npm registry; the package fetches the program when it first runs. */
async function npmPulumi() {
  const directory = path.join(cache, `tools/pulumi-npm-${versions.pulumi}`);
  const bin = path.join(directory, "node_modules/.bin");
  if (!existsSync(path.join(bin, "pulumi"))) {
    await step(`fetch the Pulumi CLI ${versions.pulumi}`, () =>
      fromMakers(() => makeWhole(directory, fetchPulumi)),
    );
  }
  return bin;
}

async function fetchPulumi(partial) {
  mkdirSync(partial, { recursive: true });
  writeFileSync(path.join(partial, "package.json"), '{ "private": true }\n');
  await run("npm", ["install", "--silent", "--no-save", `pulumi@${versions.pulumi}`], { cwd: partial });
  await run(path.join(partial, "node_modules/.bin/pulumi"), ["version"]);
}

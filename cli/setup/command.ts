import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { ensureBaseImage } from "../../offline/baseImage.ts";
import { command as describedCommand, runs } from "../lib/command.ts";
import { cache, home, installationFile, project, pulumiHome } from "../lib/paths.ts";
import { Stopped } from "../lib/signals.ts";
import { elapsed } from "../lib/steps.ts";
import { ensureEngine } from "./engine.ts";
import { ensurePrograms } from "./host.ts";
import { ensureImages } from "./images.ts";
import { ensureKeys } from "./keys.ts";
import { makeWhole } from "./partial.ts";
import { ensureStack } from "./pulumiCli.ts";
import type { SetupResult } from "./shellEnv.ts";
import { chooseSource, toolSource } from "./source.ts";
import { keepStackFilesClean } from "./stackFiles.ts";
import type { ToolSource } from "./toolSource.ts";

const DETAILS = `What is there already is left alone; a second run takes a second.

Environment:
  SWARMBENCH_SOURCE=official|built   tools and images from their makers, or built from package registries
                                     (unset: found out once, then remembered)
  SWARMBENCH_CACHE=DIR               what is slow to make        (now ${cache})
  SWARMBENCH_HOME=DIR                keys and Pulumi's state     (now ${home})
  SWARMBENCH_IMAGES=NAME             first part of the images' names (unset: swarmbench)`;

const BASE_IMAGE =
  "only makes the image that the others start from, which needs root; writes nothing into the checkout or a home folder";

/** What {@link setup} needs of the machine itself, with the package that has it. */
const PROGRAMS = {
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  bash: "bash",
};

/** `swarmbench setup`. */
export function setupCommand(): Command {
  const command = describedCommand({
    name: "setup",
    summary: "Make this machine ready: Docker engine, Pulumi with its plugins, keys, images",
    details: DETAILS,
    examples: ["npm run setup", "sudo npm run setup -- --base-image"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  }).option("--base-image", BASE_IMAGE, false);
  return runs(command, async () => async (self) => {
    await (self.opts<{ baseImage: boolean }>().baseImage ? makeBaseImage() : setup());
    return undefined;
  });
}

/** Installs and makes what this machine lacks, and writes down what there is in installation.json. */
export async function setup(): Promise<SetupResult> {
  const source = toolSource(await chooseSource());
  console.log(`swarmbench setup: tools and images ${source.title}`);
  mkdirSync(cache, { recursive: true });
  await ensurePrograms(PROGRAMS);
  await ensureKeys();
  const [bin, { engineHost, images }] = await allOrFirstError(pulumiOf(source), engineAndImages(source));
  const installation: SetupResult = { version: 2, source: source.name, bin, engineHost, images };
  await makeWhole(installationFile, (partial) =>
    writeFileSync(partial, `${JSON.stringify(installation, null, 2)}\n`),
  );
  for (const scenario of scenarios()) await ensureStack(scenario);
  await keepStackFilesClean();
  console.log(`swarmbench setup: ready (${elapsed()})`);
  return installation;
}

function pulumiOf(source: ToolSource): Promise<string> {
  const plugins = path.join(pulumiHome(source.name), "plugins");
  mkdirSync(plugins, { recursive: true });
  return source.ensurePulumi(plugins);
}

async function engineAndImages(source: ToolSource): Promise<Pick<SetupResult, "engineHost" | "images">> {
  const engineHost = await ensureEngine();
  await source.checkEngine(engineHost);
  return { engineHost, images: await ensureImages(source, engineHost) };
}

async function makeBaseImage(): Promise<void> {
  const engineHost = await ensureEngine();
  await toolSource("built").checkEngine(engineHost);
  await ensureBaseImage(engineHost);
  console.log(`swarmbench setup: the base image is there (${elapsed()})`);
}

/** The stacks that have a configuration: Pulumi.<scenario>.yaml. */
function scenarios(): string[] {
  return readdirSync(project).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

/** Waits for both, since some steps must not be cut off, then throws what failed first, not what was stopped by it. */
async function allOrFirstError<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const errors: unknown[] = [];
  const both = [one, other];
  for (const work of both) work.catch((error) => errors.push(error));
  await Promise.allSettled(both);
  if (errors.length > 0) throw errors.find((error) => !(error instanceof Stopped)) ?? errors[0];
  return Promise.all([one, other]);
}

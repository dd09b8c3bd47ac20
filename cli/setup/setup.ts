import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "../../offline/baseImage.ts";
import { cache, installationFile, project, pulumiHome } from "../lib/paths.ts";
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

/** What {@link setup} needs of the machine itself, with the package that has it. */
const PROGRAMS = {
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  bash: "bash",
};

/** What `swarmbench setup` does. */
export async function runSetup({ baseImage }: { baseImage: boolean }): Promise<void> {
  await (baseImage ? makeBaseImage() : setup());
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

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureBaseImage } from "../../offline/baseImage.ts";
import { cache, installationFile, pulumiHome } from "../lib/paths.ts";
import { scenarioNames } from "../lib/scenarios.ts";
import { Stopped } from "../lib/signals.ts";
import { elapsed } from "../lib/steps.ts";
import { ensureEngine } from "./engine.ts";
import { ensurePrograms } from "./host.ts";
import { ensureImages } from "./images.ts";
import { ensureKeys } from "./keys.ts";
import { makeWhole } from "./partial.ts";
import { ensureStack } from "./pulumiCli.ts";
import { INSTALLATION_VERSION, type SetupResult } from "./shellEnv.ts";
import { chooseSource, toolSource } from "./source.ts";
import { keepStackFilesClean } from "./stackFiles.ts";
import type { ToolSource } from "./toolSource.ts";

/** Programs that {@link setup} needs on the machine, with the packages that contain them. */
const PROGRAMS = {
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  bash: "bash",
};

/** Runs `swarmbench setup`. @param baseImage only makes the base image */
export async function runSetup({ baseImage }: { baseImage: boolean }): Promise<void> {
  await (baseImage ? makeBaseImage() : setup());
}

/** Installs and makes what this machine lacks, and writes installation.json. @returns its contents */
export async function setup(): Promise<SetupResult> {
  const source = toolSource(await chooseSource());
  console.log(`swarmbench setup: tools and images ${source.title}`);
  mkdirSync(cache, { recursive: true });
  await ensurePrograms(PROGRAMS);
  await ensureKeys();
  const [bin, { engineHost, images }] = await allOrFirstError(pulumiOf(source), engineAndImages(source));
  const { name, leftOut, withoutPages, newestApi, goModules } = source;
  const installation: SetupResult = {
    version: INSTALLATION_VERSION,
    source: name,
    bin,
    engineHost,
    images,
    leftOut,
    withoutPages,
    newestApi,
    goModules,
  };
  await makeWhole(installationFile, (partial) =>
    writeFileSync(partial, `${JSON.stringify(installation, null, 2)}\n`),
  );
  for (const scenario of scenarioNames()) await ensureStack(scenario);
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
  console.log(`swarmbench setup: the base image is ready (${elapsed()})`);
}

/** Waits for both, because some steps must not be interrupted, then throws the first error that was not caused by another one. */
async function allOrFirstError<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  const errors: unknown[] = [];
  const both = [one, other];
  for (const work of both) work.catch((error) => errors.push(error));
  await Promise.allSettled(both);
  if (errors.length > 0) throw errors.find((error) => !(error instanceof Stopped)) ?? errors[0];
  return Promise.all([one, other]);
}

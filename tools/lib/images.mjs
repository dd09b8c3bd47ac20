import { mkdirSync } from "node:fs";
import path from "node:path";
import { contentKey } from "./contentKey.mjs";
import { DEFAULT_ENGINE, ensurePrograms } from "./host.mjs";
import { partialOf, removeTree } from "./partial.mjs";
import { project } from "./paths.mjs";
import { Problem } from "./problem.mjs";
import { ask, run } from "./run.mjs";
import { fromMakers } from "./source.mjs";
import { step } from "./steps.mjs";

const SUITE = "bookworm";
const OFFICIAL_BASE = `debian:${SUITE}-slim`;
/** Counted up when the way the base is made changes. */
const BASE_RECIPE = 2;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** In a folder that is on a disk, and neither in the checkout nor in a home: root may make it for another user. */
export const BASE_SCRATCH = "/var/tmp/swarmbench-base";

const DEFAULT_IMAGES = "swarmbench";
/** First part of the images' names: a measurement from nothing has its own. */
const images = process.env.SWARMBENCH_IMAGES || DEFAULT_IMAGES;
const builtBase = `${images}/base:${SUITE}-${BASE_RECIPE}`;

/**
 * The images of the testbed in this machine's engine, built where they are missing.
 *
 * @param {"official" | "built"} source
 * @param {string} engineHost
 * @returns {Promise<Record<"node" | "registry", { tag: string, id: string }>>}
 */
export async function ensureImages(source, engineHost) {
  const base = source === "built" ? builtBase : OFFICIAL_BASE;
  const wanted = ["node", "registry"].map((name) => {
    const directory = path.join(project, "images", name);
    return { name, directory, tag: `${images}/${name}:${contentKey([directory], base)}` };
  });
  const there = await Promise.all(wanted.map(({ tag }) => imageId(engineHost, tag)));
  if (there.includes(undefined) && source === "built") await ensureBaseImage(engineHost);
  const made = await Promise.all(
    wanted.map(async ({ name, directory, tag }, index) => {
      if (there[index]) return [name, { tag, id: there[index] }];
      const args = ["--network", "host", "--build-arg", `BASE=${base}`, "--tag", tag, directory];
      const build = () => run("docker", ["--host", engineHost, "build", ...args]);
      await step(`build the ${name} image`, source === "built" ? build : () => fromMakers(build));
      return [name, { tag, id: await builtImageId(engineHost, tag) }];
    }),
  );
  return Object.fromEntries(made);
}

function imageId(engineHost, tag) {
  return ask("docker", ["--host", engineHost, "image", "inspect", "--format", "{{.Id}}", tag]);
}

async function builtImageId(engineHost, tag) {
  const id = await imageId(engineHost, tag);
  if (id) return id;
  throw new Problem(
    `The image ${tag} was built, but the engine at ${engineHost} does not have it: another builder is chosen.`,
    "Choose the engine's own: docker buildx use default",
  );
}

/** Debian's minimal system from its packages, as the image that the Dockerfiles start from. */
export async function ensureBaseImage(engineHost) {
  if (await imageId(engineHost, builtBase)) return;
  if (process.platform !== "linux" || process.getuid() !== 0) {
    throw new Problem(
      "Making the base image from Debian's packages needs root on a Linux machine.",
      `Let root make it, then run \`npm run setup\` again: ${asRoot(engineHost)}\n` +
        "Or reach the official images: SWARMBENCH_SOURCE=official npm run setup",
    );
  }
  await ensurePrograms({
    debootstrap: "debootstrap",
    gpgv: "gpgv",
    [KEYRING]: "debian-archive-keyring",
  });
  await step("make the Debian base image", () => makeBase(engineHost));
}

/** sudo passes no environment on; root's own engine and image names are the default ones. */
export function asRoot(engineHost, prefix = images) {
  const env = [
    ...(engineHost === DEFAULT_ENGINE ? [] : [`DOCKER_HOST=${engineHost}`]),
    ...(prefix === DEFAULT_IMAGES ? [] : [`SWARMBENCH_IMAGES=${prefix}`]),
  ];
  return ["sudo", ...(env.length > 0 ? ["env", ...env] : []), "npm run setup -- --base-image"].join(" ");
}

async function makeBase(engineHost) {
  const scratch = partialOf(BASE_SCRATCH);
  const system = path.join(scratch, "root");
  await removeTree(scratch); // of an earlier process of that number
  mkdirSync(scratch, { mode: 0o700 }); // fails where somebody else has made it: anyone may write beside it
  mkdirSync(system, { mode: 0o755 });
  try {
    const signed = ["--force-check-gpg", `--keyring=${KEYRING}`];
    await run("debootstrap", ["--variant=minbase", ...signed, SUITE, system]);
    const pack =
      'set -o pipefail; tar -C "$1" --exclude="./var/cache/apt/archives/*.deb" -c . | docker --host "$2" import - "$3"';
    await run("bash", ["-c", pack, "bash", system, engineHost, builtBase]);
  } finally {
    await removeTree(scratch);
  }
}

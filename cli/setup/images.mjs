import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.mjs";
import { Problem } from "../lib/problem.mjs";
import { ask, run } from "../lib/run.mjs";
import { step } from "../lib/steps.mjs";
import { imageKey, withBuildContext } from "./buildContext.mjs";
import { DEFAULT_ENGINE, ensurePrograms } from "./host.mjs";
import { recallImage, storeImages } from "./imageStore.mjs";
import { partialOf, removeTree } from "./partial.mjs";
import { DEBIAN, STACK_IMAGES, TESTBED_IMAGES } from "./parts.mjs";
import { fromMakers } from "./source.mjs";

const SUITE = "bookworm";
/** Counted up when the way the base is made changes. */
const BASE_RECIPE = 3;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** In a folder that is on a disk, and neither in the checkout nor in a home: root may make it for another user. */
export const BASE_SCRATCH = "/var/tmp/swarmbench-base";

const DEFAULT_IMAGES = "swarmbench";
/** First part of the images' names: a measurement from nothing has its own. */
const images = process.env.SWARMBENCH_IMAGES || DEFAULT_IMAGES;
const builtBase = `${images}/base:${SUITE}-${BASE_RECIPE}`;

/**
 * @typedef {import("./parts.mjs").Part} Part
 * @typedef {{ folder: string, directory: string, payload: Record<string, string>, base: string, key: string, tag: string }} Wanted
 * @typedef {{ source: "official" | "built", host: string, base: () => Promise<unknown> }} Builder
 */

/**
 * All images, built where they are missing: the testbed's in this machine's engine, the stack's in the store.
 *
 * @param {"official" | "built"} source
 * @param {string} engineHost
 * @param {Record<string, Promise<unknown>>} [lanes] what the payloads of a lane must wait for
 * @returns {Promise<Record<string, { tag: string, id: string } | import("./imageStore.mjs").StoredImage>>}
 */
export async function ensureImages(source, engineHost, lanes = {}) {
  let base;
  const builder = { source, host: engineHost, base: () => (base ??= ensureBaseImage(engineHost)) };
  const stackParts = Object.entries(STACK_IMAGES).filter(
    ([, { fromMakerOnly }]) => source === "official" || !fromMakerOnly,
  );
  const payloads = makePayloads(stackParts, source, lanes);
  const [testbed, stack] = await Promise.all([
    ofEach(Object.entries(TESTBED_IMAGES), async (part) => {
      const image = wanted(part, source, {});
      return { tag: image.tag, id: await ensureInEngine(image, builder) };
    }),
    ofEach(stackParts, async (part, name) => {
      const image = wanted(part, source, await payloads[name]);
      if (!recallImage(image)) await ensureInEngine(image, builder);
      return image;
    }),
  ]);
  const missing = Object.values(stack).filter((image) => !recallImage(image));
  await storeImages(engineHost, testbed.registry.id, missing);
  return { ...testbed, ...(await ofEach(Object.entries(stack), async (image) => recallImage(image))) };
}

async function ofEach(entries, work) {
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, value]) => [name, await work(value, name)])),
  );
}

/** Begins with all lanes at once; within a lane one payload comes after the other, since each needs all cores. */
function makePayloads(parts, source, lanes) {
  const last = { ...lanes };
  return Object.fromEntries(
    parts.map(([name, { payload, lane }]) => {
      const made = Promise.resolve(lane && last[lane]).then(() => payload(source));
      made.catch(() => {}); // whoever takes it hears of it
      if (lane) last[lane] = made;
      return [name, made];
    }),
  );
}

/** @param {Part} part @returns {Wanted} */
function wanted({ folder, base: makersBase }, source, payload) {
  const directory = path.join(project, "images", folder);
  const base = source === "built" ? builtBase : makersBase;
  const key = imageKey(directory, base, payload);
  return { folder, directory, payload, base, key, tag: `${images}/${folder}:${key}` };
}

/** @param {Wanted} image @param {Builder} builder @returns {Promise<string>} its id */
async function ensureInEngine({ folder, directory, payload, base, tag }, builder) {
  const { source, host } = builder;
  const there = await imageId(host, tag);
  if (there) return there;
  if (source === "built") await builder.base();
  const args = ["--network", "host", "--build-arg", `BASE=${base}`, "--tag", tag];
  await step(`build the ${folder} image`, () =>
    withBuildContext(directory, payload, (context) => {
      const build = () => run("docker", ["--host", host, "build", ...args, context]);
      return source === "built" ? build() : fromMakers(build);
    }),
  );
  return builtImageId(host, tag);
}

/**
 * An image that tests alone need, from a folder of theirs; kept in the engine by what it is built from.
 *
 * @param {string} name
 * @param {{ directory: string, payload: Record<string, string>, source: "official" | "built", engineHost: string }} recipe
 *   the folder is the Dockerfile's; the payload is by its path in the image
 * @returns {Promise<string>} its id
 */
export function ensureTestImage(name, { directory, payload, source, engineHost }) {
  const base = source === "built" ? builtBase : DEBIAN;
  const key = imageKey(directory, base, payload);
  const image = { folder: name, directory, payload, base, key, tag: `${images}/${name}:${key}` };
  return ensureInEngine(image, { source, host: engineHost, base: () => ensureBaseImage(engineHost) });
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
    const minimal = ["--variant=minbase", "--include=ca-certificates,curl"];
    await run("debootstrap", [...minimal, ...signed, SUITE, system]);
    trimBase(system);
    const pack = 'set -o pipefail; tar -C "$1" -c . | docker --host "$2" import - "$3"';
    await run("bash", ["-c", pack, "bash", system, engineHost, builtBase]);
  } finally {
    await removeTree(scratch);
  }
}

/** Folders of which no program needs a file: documentation, translations, what apt fetches again. */
const UNNEEDED = [
  ...["doc", "info", "locale", "man"].map((name) => `usr/share/${name}`),
  ...["var/cache/apt", "var/lib/apt/lists", "var/log"],
];
/** For the packages that the Dockerfiles install. */
const DPKG_EXCLUDES = `path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
`;

/** Removes what is not needed, but the licences; folders stay, since packages expect them. */
export function trimBase(system) {
  writeFileSync(path.join(system, "etc/dpkg/dpkg.cfg.d/swarmbench"), DPKG_EXCLUDES);
  for (const folder of UNNEEDED.map((name) => path.join(system, name))) {
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (name.isFile() && name.name !== "copyright")
        rmSync(path.join(name.parentPath ?? name.path, name.name));
    }
  }
}

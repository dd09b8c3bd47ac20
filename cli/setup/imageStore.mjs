import { cpSync, existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cache, defaultHome, home, project } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { Stopped } from "../lib/signals.mjs";
import { step } from "../lib/steps.mjs";
import { makeWhole, partialOf, removeTree } from "./partial.mjs";

/**
 * Images as files of a registry's storage: pushed once, hence compressed once, and then sent to each testbed's registry
 * as they are.
 *
 * @typedef {{ digest: string, repository: string, tree: string }} StoredImage
 * @typedef {{ folder: string, key: string, tag: string }} BuiltImage `key` of its content; `tag`: its name in the engine
 */

const store = path.join(cache, "images");
const STORAGE = "docker/registry/v2";
const LISTEN_TIMEOUT_MS = 15_000;

const repositoryOf = (folder) => `swarmbench/${folder}`;

/** What the store has of an image. @returns {StoredImage | undefined} */
export function recallImage({ folder, key }, directory = store) {
  const note = noteOf(directory, folder, key);
  if (!existsSync(note)) return undefined;
  const { digest } = JSON.parse(readFileSync(note, "utf8"));
  const tree = treeOf(directory, folder, digest);
  return existsSync(tree) ? { digest, repository: repositoryOf(folder), tree } : undefined;
}

const noteOf = (directory, folder, key) => path.join(directory, `${folder}-${key}.json`);
const treeOf = (directory, folder, digest) =>
  path.join(directory, `${folder}-${digest.replace("sha256:", "").slice(0, 12)}`);

/**
 * Puts images of an engine into the store, by way of a registry that runs there meanwhile.
 *
 * @param {string} engineHost
 * @param {string} registryId id of the registry's own image
 * @param {BuiltImage[]} images
 */
export async function storeImages(engineHost, registryId, images) {
  if (images.length === 0) return;
  const docker = (args, options) => run("docker", ["--host", engineHost, ...args], options);
  const names = images.map(({ folder }) => folder).join(", ");
  await step(`store the images for testbeds: ${names}`, async () => {
    mkdirSync(store, { recursive: true });
    const scratch = partialOf(path.join(store, "storage"));
    await removeTree(scratch); // of an earlier process of that number
    const container = await startRegistry(docker, registryId);
    try {
      const address = (await docker(["port", container, "5000/tcp"])).trim().split("\n")[0];
      // One after the other: what two of them share is then sent once.
      const digests = [];
      for (const image of images) digests.push(await push(docker, address, image));
      // Copied out rather than mounted: an engine need not see the files of this machine.
      await docker(["cp", `${container}:/var/lib/registry`, scratch]);
      for (const [index, image] of images.entries()) await keep(scratch, image, digests[index]);
    } finally {
      await docker(["rm", "--force", "--volumes", container], { cleanUp: true });
      await removeTree(scratch);
    }
  });
}

/** @returns {Promise<string>} the container's id; its labels let doctor find what a crash has left */
async function startRegistry(docker, image) {
  const owner = home === defaultHome ? project : home;
  const labels = ["--label", "swarmbench.stack=setup", "--label", `swarmbench.owner=${owner}`];
  return (await docker(["run", "--detach", ...labels, "--publish", "127.0.0.1::5000", image])).trim();
}

/** @returns {Promise<string>} the digest under which the registry has it */
async function push(docker, address, { folder, key, tag }) {
  const repository = `${address}/${repositoryOf(folder)}`;
  const name = `${repository}:${key}`;
  await docker(["tag", tag, name]);
  try {
    await onceItListens(() => docker(["push", "--quiet", name]));
    const format = "{{range .RepoDigests}}{{println .}}{{end}}";
    const digests = (await docker(["image", "inspect", "--format", format, name])).split("\n");
    return digests.find((one) => one.startsWith(`${repository}@`)).split("@")[1];
  } finally {
    await docker(["image", "rm", name], { cleanUp: true });
  }
}

async function onceItListens(work) {
  const end = Date.now() + LISTEN_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Stopped || Date.now() > end) throw error;
      if (!/connection refused|connection reset|EOF/.test(error.message)) throw error;
      await delay(200);
    }
  }
}

/** The note comes last: with it the image counts as stored. */
async function keep(storage, { folder, key }, digest, directory = store) {
  const tree = treeOf(directory, folder, digest);
  if (!existsSync(tree)) {
    await makeWhole(tree, (partial) => extractImage(storage, repositoryOf(folder), digest, partial));
  }
  await makeWhole(noteOf(directory, folder, key), (partial) =>
    writeFileSync(partial, JSON.stringify({ digest })),
  );
}

/** Links into `target` what of a registry's storage one image is made of. */
export function extractImage(storage, repository, digest, target) {
  for (const one of blobsOf(storage, digest)) {
    const file = blobFile(target, one);
    mkdirSync(path.dirname(file), { recursive: true });
    linkSync(blobFile(storage, one), file);
  }
  const folder = path.join(STORAGE, "repositories", repository);
  cpSync(path.join(storage, folder), path.join(target, folder), {
    recursive: true,
    filter: (name) => path.basename(name) !== "_uploads",
  });
}

/** The blobs that a manifest names, itself among them; of a list of manifests those of all. @returns {string[]} */
export function blobsOf(storage, digest) {
  const { manifests = [], config, layers = [] } = JSON.parse(readFileSync(blobFile(storage, digest), "utf8"));
  return [
    ...new Set([
      digest,
      ...manifests.flatMap((one) => blobsOf(storage, one.digest)),
      ...[config, ...layers].flatMap((one) => one?.digest ?? []),
    ]),
  ];
}

function blobFile(storage, digest) {
  const [algorithm, hex] = digest.split(":");
  return path.join(storage, STORAGE, "blobs", algorithm, hex.slice(0, 2), hex, "data");
}

import { cpSync, existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SwarmbenchError } from "../../contract/errors.ts";
import { cache, defaultHome, home, project } from "../lib/paths.ts";
import { type CommandOptions, run } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { makeWhole, partialOf, removeTree } from "./partial.ts";

// Images as files of a registry's storage: pushed and thus compressed once, then sent to each testbed's registry unchanged.

/** An image in the store. */
export interface StoredImage {
  /** Digest of its manifest. */
  digest: string;
  /** Its name in a testbed's registry. */
  repository: string;
  /** Folder with its files of a registry's storage. */
  tree: string;
}

/** An image that was built in an engine. */
export interface BuiltImage {
  folder: string;
  /** Key of its content. */
  key: string;
  /** Its name in the engine. */
  tag: string;
}

/** Runs `docker` on one engine. */
type Docker = (args: string[], options?: CommandOptions) => Promise<string>;

const store = path.join(cache, "images");
const STORAGE = "docker/registry/v2";
const LISTEN_TIMEOUT_MS = 15_000;

const repositoryOf = (folder: string) => `swarmbench/${folder}`;

/** An image in the store; undefined if it is not stored. */
export function recallImage(
  { folder, key }: Pick<BuiltImage, "folder" | "key">,
  directory = store,
): StoredImage | undefined {
  const note = noteOf(directory, folder, key);
  if (!existsSync(note)) return undefined;
  const { digest } = JSON.parse(readFileSync(note, "utf8"));
  const tree = treeOf(directory, folder, digest);
  return existsSync(tree) ? { digest, repository: repositoryOf(folder), tree } : undefined;
}

const noteOf = (directory: string, folder: string, key: string) =>
  path.join(directory, `${folder}-${key}.json`);
const treeOf = (directory: string, folder: string, digest: string) =>
  path.join(directory, `${folder}-${digest.replace("sha256:", "").slice(0, 12)}`);

/**
 * Copies images of an engine to the store, through a registry that runs in the engine for this purpose.
 *
 * @param registryId id of the registry image
 */
export async function storeImages(
  engineHost: string,
  registryId: string,
  images: BuiltImage[],
): Promise<void> {
  if (images.length === 0) return;
  const docker: Docker = (args, options) => run("docker", ["--host", engineHost, ...args], options);
  const names = images.map(({ folder }) => folder).join(", ");
  await step(`store the images for testbeds: ${names}`, async () => {
    mkdirSync(store, { recursive: true });
    const scratch = partialOf(path.join(store, "storage"));
    await removeTree(scratch); // left by an earlier process with the same id
    const container = await startRegistry(docker, registryId);
    try {
      const [address = ""] = (await docker(["port", container, "5000/tcp"])).trim().split("\n");
      // One after the other, so that layers which several images share are pushed once.
      const pushed: { image: BuiltImage; digest: string }[] = [];
      for (const image of images) pushed.push({ image, digest: await push(docker, address, image) });
      // Copied instead of mounted, because the engine may not see the files of this machine.
      await docker(["cp", `${container}:/var/lib/registry`, scratch]);
      for (const { image, digest } of pushed) await keep(scratch, image, digest);
    } finally {
      await docker(["rm", "--force", "--volumes", container], { cleanUp: true });
      await removeTree(scratch);
    }
  });
}

/** Starts the registry and returns the container's id; after a crash, doctor finds it by its labels. */
async function startRegistry(docker: Docker, image: string): Promise<string> {
  const owner = home === defaultHome ? project : home;
  const labels = ["--label", "swarmbench.stack=setup", "--label", `swarmbench.owner=${owner}`];
  return (await docker(["run", "--detach", ...labels, "--publish", "127.0.0.1::5000", image])).trim();
}

/** Pushes an image and returns its digest in the registry. */
async function push(docker: Docker, address: string, { folder, key, tag }: BuiltImage): Promise<string> {
  const repository = `${address}/${repositoryOf(folder)}`;
  const name = `${repository}:${key}`;
  await docker(["tag", tag, name]);
  try {
    await retryUntilListening(() => docker(["push", "--quiet", name]));
    const format = "{{range .RepoDigests}}{{println .}}{{end}}";
    const digests = (await docker(["image", "inspect", "--format", format, name])).split("\n");
    const digest = digests.find((entry) => entry.startsWith(`${repository}@`))?.split("@")[1];
    if (!digest) throw new Error(`the engine does not report the digest of ${name}`);
    return digest;
  } finally {
    await docker(["image", "rm", name], { cleanUp: true });
  }
}

/** Runs work again while the registry does not listen yet. @throws SwarmbenchError `engine-unsuitable` if the engine insists on TLS */
export async function retryUntilListening<T>(work: () => Promise<T>): Promise<T> {
  const end = Date.now() + LISTEN_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Stopped || Date.now() > end) throw error;
      if (/HTTP response to HTTPS client/i.test(String(error))) throw refusesLoopback(error);
      if (!/connection refused|connection reset|EOF/.test(String(error))) throw error;
      await delay(200);
    }
  }
}

/** From Docker 29.10 on, an engine whose configuration lists insecure registries trusts loopback only if it is listed. */
function refusesLoopback(cause: unknown): SwarmbenchError {
  return new SwarmbenchError(
    "engine-unsuitable",
    "This machine's Docker engine does not push images to a registry on 127.0.0.1 without TLS.",
    {
      hint: 'Add "127.0.0.0/8" and "::1/128" to insecure-registries in /etc/docker/daemon.json, then restart Docker.',
      cause,
    },
  );
}

/** Stores one image. The note is written last, because the image counts as stored once it exists. */
async function keep(
  storage: string,
  { folder, key }: BuiltImage,
  digest: string,
  directory = store,
): Promise<void> {
  const tree = treeOf(directory, folder, digest);
  if (!existsSync(tree)) {
    await makeWhole(tree, (partial) => extractImage(storage, repositoryOf(folder), digest, partial));
  }
  await makeWhole(noteOf(directory, folder, key), (partial) =>
    writeFileSync(partial, JSON.stringify({ digest })),
  );
}

/** Links the files of one image from a registry's storage into `target`. */
export function extractImage(storage: string, repository: string, digest: string, target: string): void {
  for (const blob of blobsOf(storage, digest)) {
    const file = blobFile(target, blob);
    mkdirSync(path.dirname(file), { recursive: true });
    linkSync(blobFile(storage, blob), file);
  }
  const folder = path.join(STORAGE, "repositories", repository);
  cpSync(path.join(storage, folder), path.join(target, folder), {
    recursive: true,
    filter: (name) => path.basename(name) !== "_uploads",
  });
}

/** The fields of a manifest, or of a list of manifests, that are read here. */
interface Manifest {
  manifests?: { digest: string }[];
  config?: { digest: string };
  layers?: { digest: string }[];
}

/** Digests of a manifest and of the blobs that it names; for a list of manifests, those of all of them. */
export function blobsOf(storage: string, digest: string): string[] {
  const text = readFileSync(blobFile(storage, digest), "utf8");
  const { manifests = [], config, layers = [] } = JSON.parse(text) as Manifest;
  return [
    ...new Set([
      digest,
      ...manifests.flatMap((manifest) => blobsOf(storage, manifest.digest)),
      ...[config, ...layers].flatMap((blob) => blob?.digest ?? []),
    ]),
  ];
}

function blobFile(storage: string, digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return path.join(storage, STORAGE, "blobs", algorithm, hex.slice(0, 2), hex, "data");
}

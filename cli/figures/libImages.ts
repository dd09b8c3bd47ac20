import { createReadStream, readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { createGunzip } from "node:zlib";
import type { SetupResult } from "../setup/shellEnv.ts";
import { output } from "./lib.ts";

interface Size {
  /** Size in the testbed's registry, bytes. */
  compressed: number;
  /** Size of the layers as uncompressed tar files, bytes. */
  unpacked: number;
}

/** A Markdown table of the image sizes. Layers that several images share count once in the sum. */
export async function imageTable({
  engineHost,
  images,
}: Pick<SetupResult, "engineHost" | "images">): Promise<string> {
  const blobs = new Map<string, Size>();
  const lines: string[] = [];
  for (const [name, image] of Object.entries(images)) {
    if ("tree" in image) {
      const own = await blobsOf(image.tree);
      for (const [digest, size] of own) blobs.set(digest, size);
      const { compressed, unpacked } = sum(own.values());
      lines.push(row(name, megabytes(compressed), megabytes(unpacked)));
    } else {
      const size = await output(
        "docker",
        "--host",
        engineHost,
        "image",
        "inspect",
        "--format",
        "{{.Size}}",
        image.id,
      );
      lines.push(row(`${name} (in this machine's Docker engine)`, "", megabytes(Number(size))));
    }
  }
  const { compressed, unpacked } = sum(blobs.values());
  lines.push(row("all images in the registry", megabytes(compressed), megabytes(unpacked)));
  return ["| image | compressed | unpacked |", "| --- | --- | --- |", ...lines].join("\n");
}

const row = (...cells: string[]) => `| ${cells.join(" | ")} |`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function sum(sizes: Iterable<Size>): Size {
  const total: Size = { compressed: 0, unpacked: 0 };
  for (const { compressed, unpacked } of sizes) {
    total.compressed += compressed;
    total.unpacked += unpacked;
  }
  return total;
}

/** Manifest, configuration and layers of an image in the store, by digest. */
async function blobsOf(tree: string): Promise<Map<string, Size>> {
  const folder = path.join(tree, "docker/registry/v2/blobs");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith("/data"),
  );
  const blobs = new Map<string, Size>();
  for (const name of files) {
    const file = path.join(folder, name);
    const compressed = statSync(file).size;
    blobs.set(name, { compressed, unpacked: (await isGzip(file)) ? await unpackedSize(file) : 0 });
  }
  return blobs;
}

async function isGzip(file: string): Promise<boolean> {
  for await (const start of createReadStream(file, { end: 1 })) return start.readUInt16BE() === 0x1f8b;
  return false;
}

async function unpackedSize(file: string): Promise<number> {
  let size = 0;
  for await (const chunk of createReadStream(file).pipe(createGunzip())) size += chunk.length;
  return size;
}

import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { installationDirectory } from "../../lib/stackName.ts";

const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const image = z.object({ tag: z.string(), id: sha256 });

const storedImage = z.object({
  /** Of its manifest: what runs is named by it. */
  digest: sha256,
  /** Its name in a testbed's registry. */
  repository: z.string(),
  /** Folder with its part of a registry's storage, beginning with `docker/registry/v2`. */
  tree: z.string(),
});

const leftOutImage = z.object({
  /** Why setup does not have the image. */
  reason: z.string(),
  /** The command that gets it. */
  hint: z.string(),
});

const schema = z.object({
  version: z.literal(3),
  source: z.string(),
  /** The Docker engine of this machine, on which local nodes run. */
  engineHost: z.string(),
  images: z.object({ node: image, registry: image }).catchall(storedImage),
  leftOut: z.record(z.string(), leftOutImage),
  withoutPages: z.array(z.string()),
  newestApi: z.string().optional(),
});

/** What `npm run setup` made and found on this machine; it writes it to installation.json. */
export interface Installation {
  /** Where its tools and images come from; for the conditions of a run. */
  source: string;
  engineHost: string;
  directory: string;
  /** The images of the testbed itself, which stay in this machine's engine. */
  testbedImages: { node: z.output<typeof image>; registry: z.output<typeof image> };
  /** The images of the stack's services, by name; {@link leftOut} has those that are missing. */
  images: Readonly<Record<string, StoredImage>>;
  /** The images that setup does not have, by name. */
  leftOut: Readonly<Record<string, z.output<typeof leftOutImage>>>;
  /** The images whose program has an API but no web pages. */
  withoutPages: readonly string[];
  /** The newest API version that the Docker provider speaks, such as 1.41; undefined: it speaks that of every engine. */
  newestApi?: string;
}

/** An image that services of the swarm run, as setup has stored it for a testbed's registry. */
export type StoredImage = z.output<typeof storedImage>;

/** @throws pulumi.RunError that names `npm run setup` where it has not run, or ran at another version */
export function readInstallation(): Installation {
  const directory = installationDirectory();
  try {
    const text = readFileSync(path.join(directory, "installation.json"), "utf8");
    const parsed = schema.parse(JSON.parse(text));
    const { source, engineHost, leftOut, withoutPages, newestApi, images: all } = parsed;
    const { node, registry, ...images } = all;
    return {
      source,
      engineHost,
      directory,
      testbedImages: { node, registry },
      images,
      leftOut,
      withoutPages,
      newestApi,
    };
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "is missing" : "is not usable";
    throw new pulumi.RunError(
      `${path.join(directory, "installation.json")} ${why}: run \`npm run setup\` first.`,
    );
  }
}

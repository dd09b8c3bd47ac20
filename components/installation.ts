import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

const image = z.object({ tag: z.string(), id: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

const schema = z.object({
  version: z.literal(1),
  source: z.enum(["official", "built"]),
  /** The Docker engine of this machine, on which local nodes run. */
  engineHost: z.string(),
  images: z.object({ node: image, registry: image }),
  ssh: z.object({ hostKey: z.string() }),
});

/** What `npm run setup` made and found on this machine; tools/setup.mjs writes it. */
export type Installation = z.output<typeof schema> & { directory: string };

/** Folder of the installation: keys, Pulumi state, and what setup found. */
export function installationDirectory(): string {
  return path.resolve(process.env.SWARMBENCH_HOME || ".swarmbench");
}

/** @throws pulumi.RunError that names `npm run setup` where it has not run, or ran at another version */
export function readInstallation(): Installation {
  const directory = installationDirectory();
  try {
    const text = readFileSync(path.join(directory, "installation.json"), "utf8");
    return { ...schema.parse(JSON.parse(text)), directory };
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "is missing" : "is not usable";
    throw new pulumi.RunError(
      `${path.join(directory, "installation.json")} ${why}: run \`npm run setup\` first.`,
    );
  }
}

import { readFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { installationDirectory } from "../../lib/stackName.ts";

const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const image = z.object({ tag: z.string(), id: sha256 });

const storedImage = z.object({
  /** Digest of the manifest. Image references use it. */
  digest: sha256,
  /** Repository name in a testbed's registry. */
  repository: z.string(),
  /** Folder with the image's files in registry storage layout, which starts with `docker/registry/v2`. */
  tree: z.string(),
});

const schema = z.object({
  version: z.literal(2),
  source: z.enum(["official", "built"]),
  /** Address of the Docker engine of this machine, which runs local nodes. */
  engineHost: z.string(),
  images: z.object({ node: image, registry: image }).catchall(storedImage),
});

/** What `npm run setup` installed on this machine, as recorded in installation.json. */
export interface Installation {
  source: z.output<typeof schema>["source"];
  engineHost: string;
  directory: string;
  /** The testbed's own images, in this machine's Docker engine. */
  testbedImages: { node: z.output<typeof image>; registry: z.output<typeof image> };
  /** The images of the stack's services, by name. Optional ones may be missing. */
  images: Readonly<Record<string, StoredImage>>;
}

/** An image of the stack's services, as setup stored it for a testbed's registry. */
export type StoredImage = z.output<typeof storedImage>;

/**
 * Reads installation.json.
 *
 * @throws SwarmbenchError `not-set-up` if setup has not run, or ran with another version
 */
export function readInstallation(): Installation {
  const directory = installationDirectory();
  try {
    const text = readFileSync(path.join(directory, "installation.json"), "utf8");
    const { source, engineHost, images: all } = schema.parse(JSON.parse(text));
    const { node, registry, ...images } = all;
    return { source, engineHost, directory, testbedImages: { node, registry }, images };
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const file = path.join(directory, "installation.json");
    throw new SwarmbenchError("not-set-up", `${file} ${isMissing ? "is missing" : "cannot be used"}`, {
      hint: "Run `npm run setup` first.",
      cause,
    });
  }
}

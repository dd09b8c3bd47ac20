import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { contentKey } from "./contentKey.mjs";
import { ensurePrograms } from "./host.mjs";
import { cache, project } from "./paths.mjs";
import { Problem } from "./problem.mjs";
import { ask, run } from "./run.mjs";
import { step } from "./steps.mjs";

const SUITE = "bookworm";
const OFFICIAL_BASE = `debian:${SUITE}-slim`;
/** Counted up when the way the base is made changes. */
const BASE_RECIPE = 1;

/**
 * The images of the testbed in this machine's engine, built where they are missing.
 *
 * @param {"official" | "built"} source
 * @param {string} engineHost
 * @returns {Promise<Record<"node" | "registry", { tag: string, id: string }>>}
 */
export async function ensureImages(source, engineHost) {
  const docker = (...args) => run("docker", ["--host", engineHost, ...args]);
  const base = source === "built" ? `swarmbench/base:${SUITE}-${BASE_RECIPE}` : OFFICIAL_BASE;
  const wanted = ["node", "registry"].map((name) => {
    const directory = path.join(project, "images", name);
    return { name, directory, tag: `swarmbench/${name}:${contentKey([directory], base)}` };
  });
  const built = await Promise.all(wanted.map(({ tag }) => imageId(engineHost, tag)));
  if (built.includes(undefined) && source === "built" && !(await imageId(engineHost, base))) {
    await step("make the Debian base image", () => makeBase(engineHost, base));
  }
  const images = await Promise.all(
    wanted.map(async ({ name, directory, tag }, index) => {
      if (built[index]) return [name, { tag, id: built[index] }];
      await step(`build the ${name} image`, () =>
        docker("build", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", tag, directory),
      );
      return [name, { tag, id: await imageId(engineHost, tag) }];
    }),
  );
  return Object.fromEntries(images);
}

function imageId(engineHost, tag) {
  return ask("docker", ["--host", engineHost, "image", "inspect", "--format", "{{.Id}}", tag]);
}

/** Debian's minimal system from its packages, as the image that the Dockerfiles start from. */
async function makeBase(engineHost, tag) {
  if (process.platform !== "linux" || process.getuid() !== 0) {
    throw new Problem(
      "Making the base image from Debian's packages needs root on a Linux machine.",
      "Run `sudo npm run setup`, or reach the official images: SWARMBENCH_SOURCE=official npm run setup",
    );
  }
  await ensurePrograms({ debootstrap: "debootstrap" });
  const scratch = path.join(cache, "tmp");
  mkdirSync(scratch, { recursive: true });
  const directory = mkdtempSync(path.join(scratch, "base-"));
  try {
    await run("debootstrap", ["--variant=minbase", SUITE, directory]);
    const pack =
      'set -o pipefail; tar -C "$1" --exclude="./var/cache/apt/archives/*.deb" -c . | docker --host "$2" import - "$3"';
    await run("bash", ["-c", pack, "bash", directory, engineHost, tag]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

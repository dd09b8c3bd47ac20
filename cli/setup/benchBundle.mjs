import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { cache, project } from "../lib/paths.mjs";
import { Problem } from "../lib/problem.mjs";
import { run } from "../lib/run.mjs";
import { step } from "../lib/steps.mjs";
import { contentKey } from "./contentKey.mjs";
import { makeWhole, removeTree } from "./partial.mjs";

/** The maker's image that the bench image starts from. */
export const NODE_IMAGE = "node:20-bookworm-slim";

/** Node itself as npm packages, for images that start from bare Debian: Debian's own Node is 18. */
const NODE_VERSION = "20.20.2";
const NODE_INTEGRITY = {
  x64: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
  arm64: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
};

/** Counted up when the way the bundle is made changes. */
const BUNDLE_RECIPE = 2;

/**
 * What the bench image has beside its base.
 *
 * @param {"official" | "built"} source
 * @returns {Promise<Record<string, string>>} path on this machine by path in the image
 */
export async function benchPayload(source) {
  const bundle = await ensureBundle();
  const payload = { "/opt/swarmbench/bench.cjs": bundle };
  return source === "built" ? { "/usr/local/bin/node": await ensureNode(), ...payload } : payload;
}

/** bench/ and what it uses as one file. */
async function ensureBundle() {
  const sources = ["bench", "contract", "package-lock.json"].map((name) => path.join(project, name));
  const file = path.join(cache, "bench", `bundle-${contentKey(sources, `${BUNDLE_RECIPE}`)}`, "bench.cjs");
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(path.dirname(file)), { recursive: true });
  await step("bundle the benchmark", () =>
    makeWhole(path.dirname(file), async (partial) => {
      // Not at the top: setup installs the npm packages after it has loaded this file.
      const { build } = await import("esbuild");
      await build({
        absWorkingDir: project,
        entryPoints: ["bench/main.ts"],
        outfile: path.join(partial, path.basename(file)),
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        // Modules of the other kind ask for their own place: all of them are this one file. @platformatic/kafka's parts in
        // WebAssembly are taken from within the code instead of from a file beside it.
        alias: { "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled" },
        banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
        define: { "import.meta.url": "importMetaUrl" },
        logLevel: "silent", // its errors are thrown too
      });
    }),
  );
  return file;
}

/** The program `node` for Linux on this machine's kind of processor, on which its engine runs as well. */
async function ensureNode() {
  const integrity = NODE_INTEGRITY[process.arch];
  if (!integrity) {
    throw new Problem(
      `There is no Node for ${process.arch} to put into an image, only for ${Object.keys(NODE_INTEGRITY).join(", ")}.`,
      "Reach the official images: SWARMBENCH_SOURCE=official npm run setup",
    );
  }
  const name = `node-linux-${process.arch}`;
  const program = path.join(cache, "bench", `${name}-${NODE_VERSION}`, "node");
  if (existsSync(program)) return program;
  mkdirSync(path.dirname(path.dirname(program)), { recursive: true });
  await step(`fetch Node ${NODE_VERSION} for the images`, () =>
    makeWhole(path.dirname(program), async (partial) => {
      mkdirSync(partial);
      await run("npm", ["pack", "--silent", `${name}@${NODE_VERSION}`], { cwd: partial });
      const archive = path.join(partial, readdirSync(partial).find((file) => file.endsWith(".tgz")) ?? "");
      checkIntegrity(archive, integrity);
      await run("tar", ["-xzf", archive, "-C", partial, "package/bin/node"]);
      renameSync(path.join(partial, "package/bin/node"), path.join(partial, "node"));
      chmodSync(path.join(partial, "node"), 0o755);
      await removeTree(path.join(partial, "package"));
      await removeTree(archive);
    }),
  );
  return program;
}

/** @param {string} integrity as npm's lock files write it */
export function checkIntegrity(file, integrity) {
  const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (found === integrity) return;
  throw new Problem(
    `${path.basename(file)} is not what it should be: its checksum is ${found}, expected ${integrity}.`,
    "Try again; if it stays so, the npm registry that this machine uses gives another file than the one that was tested.",
  );
}

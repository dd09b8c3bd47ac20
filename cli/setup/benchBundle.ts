import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { cache, project } from "../lib/paths.ts";
import { step } from "../lib/steps.ts";
import { contentKey } from "./contentKey.ts";
import { makeWhole } from "./partial.ts";
import type { Payload } from "./toolSource.ts";

/** Increase it when the way the bundle is made changes. */
const BUNDLE_RECIPE = 3;

/** CommonJS packages in the bundle load Node's own modules by `require`, which an ES module lacks. */
const REQUIRE = `import { createRequire as benchRequire } from "node:module";
const require = benchRequire(import.meta.url);`;

/** What the bench image contains in addition to Node. */
export async function benchBundle(): Promise<Payload> {
  return { "/opt/swarmbench/bench.mjs": await ensureBenchBundle() };
}

/** Bundles bench/ and what it imports into one file, unless the cache has it. @returns the file's path */
export async function ensureBenchBundle(): Promise<string> {
  const sources = ["bench", "contract", "package-lock.json"].map((name) => path.join(project, name));
  const file = path.join(cache, "bench", `bundle-${contentKey(sources, `${BUNDLE_RECIPE}`)}`, "bench.mjs");
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(path.dirname(file)), { recursive: true });
  await step("bundle the benchmark", () =>
    makeWhole(path.dirname(file), async (partial) => {
      await build({
        absWorkingDir: project,
        entryPoints: ["bench/main.ts"],
        outfile: path.join(partial, path.basename(file)),
        bundle: true,
        platform: "node",
        target: "node24",
        format: "esm",
        // The WebAssembly code of @platformatic/kafka, embedded instead of loaded from a separate file.
        alias: { "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled" },
        banner: { js: REQUIRE },
        logLevel: "silent", // its errors are thrown as well
      });
    }),
  );
  return file;
}

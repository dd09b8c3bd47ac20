import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { cache, project } from "../lib/paths.ts";
import { step } from "../lib/steps.ts";
import { contentKey } from "./contentKey.ts";
import { makeWhole } from "./partial.ts";
import type { Payload } from "./toolSource.ts";

/** Counted up when the way the bundle is made changes. */
const BUNDLE_RECIPE = 3;

/** CommonJS packages in the bundle ask for Node's own modules by `require`, which an ES module lacks. */
const REQUIRE = `import { createRequire as benchRequire } from "node:module";
const require = benchRequire(import.meta.url);`;

/** What the bench image has beside Node. */
export async function benchBundle(): Promise<Payload> {
  return { "/opt/swarmbench/bench.mjs": await ensureBenchBundle() };
}

/** bench/ and what it uses as one file of this machine. */
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
        // @platformatic/kafka's parts in WebAssembly: from within the code instead of from a file beside it.
        alias: { "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled" },
        banner: { js: REQUIRE },
        logLevel: "silent", // its errors are thrown too
      });
    }),
  );
  return file;
}

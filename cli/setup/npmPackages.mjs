import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.mjs";
import { run } from "../lib/run.mjs";
import { step } from "../lib/steps.mjs";
import { contentKey } from "./contentKey.mjs";

/** Installs the npm packages exactly as the lock file says, unless they are. */
export async function ensureNpmPackages() {
  const stamp = path.join(project, "node_modules/.swarmbench-key");
  const key = contentKey(["package.json", "package-lock.json"].map((name) => path.join(project, name)));
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) return;
  await step("install the npm packages", async () => {
    await run("npm", ["ci", "--ignore-scripts"], { cwd: project });
    writeFileSync(stamp, key);
  });
}

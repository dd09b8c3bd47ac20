import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { contentKey } from "./contentKey.mjs";
import { project } from "./paths.mjs";
import { run } from "./run.mjs";
import { step } from "./steps.mjs";

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

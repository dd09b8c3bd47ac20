// `swarmbench`: installs the npm packages if they are missing, then runs cli/main.ts. Plain JavaScript without packages.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const project = import.meta.dirname;
const packages = path.join(project, "node_modules");
const stamp = path.join(packages, ".swarmbench-key");
const wanted = keyOf("package-lock.json");

function keyOf(...names) {
  const files = names.map((name) => path.join(project, name));
  if (!files.every((file) => existsSync(file))) return undefined; // a copy that uses another checkout's packages
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex").slice(0, 16);
}

function isInstalled() {
  if (!existsSync(packages)) return false;
  if (wanted === undefined || lstatSync(packages).isSymbolicLink()) return true; // another checkout manages them
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

if (!isInstalled()) {
  console.error("swarmbench: installing the npm packages …");
  const options = { cwd: project, stdio: ["ignore", "ignore", "inherit"] };
  const { status, error } = spawnSync(
    "npm",
    ["ci", "--include=dev", "--ignore-scripts", "--loglevel=error"],
    options,
  );
  if (status !== 0) {
    console.error(
      `error: \`npm ci\` failed${error ? `: ${error.message}` : ""}. Run it in ${project} to see why.`,
    );
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, wanted ?? "");
}
const { register } = await import("tsx/esm/api");
register();
await import("./cli/main.ts");

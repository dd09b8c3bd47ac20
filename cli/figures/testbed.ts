/**
 * How long the testbed takes, measured on this machine: `npm run bench:testbed`.
 *
 * Prints a table; a figure is the median of the rounds, with the smallest and the largest beside it. `--cold` also
 * measures a set-up from nothing, once: of a copy of this checkout, with a cache, keys and images of its own.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import {
  conditions,
  type Figure,
  installation,
  measure,
  nodeMemory,
  onOwnStack,
  output,
  repository,
  table,
  wholeNumber,
} from "./lib.ts";

const figures: Record<string, Figure> = {
  coldSetup: { name: "setup from nothing", unit: "s", limit: 12 * 60, samples: [] },
  warmSetup: { name: "setup, all there", unit: "s", limit: 3, samples: [] },
  up: { name: "up to three ready nodes", unit: "s", limit: 45, samples: [] },
  noop: { name: "up, nothing to do", unit: "s", limit: 8, samples: [] },
  destroy: { name: "destroy", unit: "s", limit: 20, samples: [] },
  memory: { name: "memory of an idle node", unit: "MiB", samples: [] },
};

const COLD_IMAGES = "swarmbench-cold";
const COLD_MEANS =
  "Set-up from nothing: n=1, a copy of the checkout without cache, keys and images. Warm stays what the host has " +
  "installed already (Docker engine, Debian packages, Go where it is one of them), and the engine's build cache.";

function setup(cwd = repository, env: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync(process.execPath, ["swarmbench.mjs", "setup"], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`setup ended with ${status}`);
}

async function coldSetup(): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), `${COLD_IMAGES}-`));
  const checkout = path.join(scratch, "checkout");
  try {
    removeColdImages();
    copyCheckout(checkout);
    await measure(figures.coldSetup, () =>
      setup(checkout, {
        SWARMBENCH_CACHE: path.join(scratch, "cache"),
        SWARMBENCH_HOME: path.join(scratch, "home"),
        SWARMBENCH_IMAGES: COLD_IMAGES,
        npm_config_cache: path.join(scratch, "npm"),
        SWARMBENCH_SOURCE: installation().source,
        DOCKER_HOST: installation().engineHost,
      }),
    );
  } finally {
    removeColdImages();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What git has of this checkout, and what it would have: nothing that setup made. */
function copyCheckout(target: string): void {
  const names = output("git", "-C", repository, "ls-files", "-z", "-co", "--exclude-standard");
  for (const name of names.split("\0").filter(Boolean)) {
    if (!existsSync(path.join(repository, name))) continue; // deleted, and not yet committed so
    mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
    cpSync(path.join(repository, name), path.join(target, name));
  }
}

/** By their names, so that images of other names which are the same stay. */
function removeColdImages(): void {
  const docker = (...args: string[]) => output("docker", "--host", installation().engineHost, ...args);
  const list = ["--filter", `reference=${COLD_IMAGES}/*`, "--format", "{{.Repository}}:{{.Tag}}"];
  const tags = docker("image", "ls", ...list)
    .split("\n")
    .filter(Boolean);
  if (tags.length > 0) docker("image", "rm", ...tags);
}

async function bench(rounds: number, cold: boolean): Promise<void> {
  if (cold) await coldSetup();
  await onOwnStack("figures", { nodes: "3" }, async (project) => {
    for (let round = 1; round <= rounds; round++) {
      console.error(`round ${round} of ${rounds}`);
      await measure(figures.warmSetup, () => setup());
      await measure(figures.up, () => project.mustUp());
      await measure(figures.noop, () => project.mustUp("--expect-no-changes"));
      figures.memory?.samples.push(...(await nodeMemory(project, 3)));
      await measure(figures.destroy, () => project.mustPulumi("destroy", "--yes", "--skip-preview"));
    }
  });
  console.log([conditions(), ...(cold ? [COLD_MEANS] : []), "", table(Object.values(figures))].join("\n"));
}

/** Measures setup, up and destroy, and prints the table. */
export async function run(command: Command): Promise<undefined> {
  const { rounds, cold } = command.opts<{ rounds: string; cold: boolean }>();
  await bench(wholeNumber(command, "rounds", rounds), cold);
}

/**
 * How long the testbed takes, measured on this machine: `npm run bench:testbed`.
 *
 * Prints a table; a figure is the median of the rounds, with the smallest and the largest beside it. `--cold` also
 * measures a set-up from nothing, once: of a copy of this checkout, with a cache, keys and images of its own.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { TestProject } from "../support/project";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    cold: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

interface Figure {
  name: string;
  unit: string;
  limit: number;
  samples: number[];
}
const figures: Record<string, Figure> = {
  coldSetup: { name: "setup from nothing", unit: "s", limit: 12 * 60, samples: [] },
  warmSetup: { name: "setup, all there", unit: "s", limit: 3, samples: [] },
  up: { name: "up to three ready nodes", unit: "s", limit: 45, samples: [] },
  noop: { name: "up, nothing to do", unit: "s", limit: 8, samples: [] },
  destroy: { name: "destroy", unit: "s", limit: 20, samples: [] },
  memory: { name: "memory of an idle node", unit: "MiB", limit: Number.POSITIVE_INFINITY, samples: [] },
};

async function measure(figure: Figure | undefined, work: () => unknown): Promise<void> {
  const start = process.hrtime.bigint();
  await work();
  figure?.samples.push(Number(process.hrtime.bigint() - start) / 1e9);
}

const repository = path.resolve(__dirname, "../..");
const COLD_IMAGES = "swarmbench-cold";
const COLD_MEANS =
  "Set-up from nothing: n=1, a copy of the checkout without cache, keys and images. Warm stays what the host has " +
  "installed already (Docker engine, Debian packages, Go where it is one of them), and the engine's build cache.";

function setup(cwd = repository, env: NodeJS.ProcessEnv = {}): void {
  const { status } = spawnSync("npm", ["run", "--silent", "setup"], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error(`npm run setup ended with ${status}`);
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

function installation(): { engineHost: string; source: string } {
  const home = process.env.SWARMBENCH_HOME || path.join(repository, ".swarmbench");
  return JSON.parse(readFileSync(path.join(home, "installation.json"), "utf8"));
}

function output(file: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${[file, ...args].join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** What the kernel counts for a node and all that runs in it, without its page cache. */
async function nodeMemory(project: TestProject): Promise<number[]> {
  const names = [1, 2, 3].map((n) => `${project.prefix}-node${n}`);
  const stats = await project.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", ...names);
  return stats
    .trim()
    .split("\n")
    .map((line) => {
      const [, amount, unit] = /^([\d.]+)(\w+)/.exec(line) ?? [];
      return Number(amount) * (unit === "GiB" ? 1024 : 1);
    });
}

async function main(): Promise<void> {
  if (values.cold) await coldSetup();
  const project = await TestProject.create("figures", { nodes: "3", namespace: "e2e" });
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      console.error(`round ${round} of ${values.rounds}`);
      await measure(figures.warmSetup, () => setup());
      await measure(figures.up, () => project.mustUp());
      await measure(figures.noop, () => project.mustUp("--expect-no-changes"));
      figures.memory?.samples.push(...(await nodeMemory(project)));
      await measure(figures.destroy, () => project.mustPulumi("destroy", "--yes", "--skip-preview"));
    }
  } finally {
    await project.dispose();
  }
  console.log(table(Object.values(figures).filter(({ samples }) => samples.length > 0)));
}

function table(rows: Figure[]): string {
  const model = /model name\s*: (.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown CPU";
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  const lines = rows.map(({ name, unit, limit, samples }) => {
    const sorted = [...samples].sort((a, b) => a - b);
    const show = (value = 0) => value.toFixed(1);
    const wanted = Number.isFinite(limit) ? `< ${limit} ${unit}` : "";
    return `| ${name} | ${show(sorted[sorted.length >> 1])} ${unit} | ${show(sorted[0])} – ${show(sorted.at(-1))} | ${samples.length} | ${wanted} |`;
  });
  return [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${model}), ${gib} GiB, Node ${process.version}`,
    ...(values.cold ? [COLD_MEANS] : []),
    "",
    "| figure | median | range | samples | wanted |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

if (values.help) console.log("npm run bench:testbed [-- --rounds N] [--cold]");
else void main();

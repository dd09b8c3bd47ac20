// All tests: quick ones first, then the end-to-end ones on a real swarm. The only thing that CI runs.
import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { ensureGo } from "../../offline/goToolchain.ts";
import { lives } from "../doctor/alive.mjs";
import { labelledObjects, removeObject } from "../doctor/dockerLeftovers.mjs";
import { project } from "../lib/paths.ts";
import { main, Problem } from "../lib/problem.ts";
import { run } from "../lib/run.ts";
import { isStopping, Stopped, track } from "../lib/signals.ts";
import { elapsed } from "../lib/steps.ts";
import { setup } from "../setup/command.ts";

const HELP = `npm test [-- PART…]

Sets this machine up (npm run setup), then runs the parts, all unless some are named:
  check   formatter, linter, type check
  go      the providers and the language host that are built here (only where tools are built)
  unit    decisions and declarations, in seconds
  e2e     the real Pulumi engine and a real swarm in containers, in minutes
  slow    more of the same, in many minutes: only where it is named (npm run test:slow)
An end-to-end file alone: npm test -- e2e healing`;

const GO_MODULES = ["command-provider", "docker-provider", "pulumi-language-nodejs"];
const totals = { passed: 0, failed: 0 };

/** Runs a program, shows its lines as they come, and hands each to `read`. @returns {Promise<number>} exit code */
function follow(file, args, { cwd = project, env = {}, show = (line) => console.log(line) }, read) {
  return new Promise((resolve, reject) => {
    if (isStopping()) return reject(new Stopped(`not begun: ${file}`));
    const options = { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] };
    const child = spawn(file, args, options).on("error", reject).on("close", resolve);
    track(child);
    readline.createInterface({ input: child.stdout }).on("line", (line) => {
      show(line);
      read?.(line);
    });
  });
}

async function check() {
  const bin = path.join(project, "node_modules/.bin");
  for (const [name, ...args] of [
    ["biome", "check", "--error-on-warnings"],
    ["tsc", "--noEmit"],
  ]) {
    const code = await follow(path.join(bin, name), args, {});
    count(code === 0, 1);
    console.log(`${code === 0 ? "✔" : "✖"} ${[name, ...args].join(" ")}`);
  }
}

async function go() {
  const tool = await ensureGo();
  const root = (await run(tool.go, ["env", "GOROOT"], { env: tool.env })).trim();
  for (const module of GO_MODULES) {
    const cwd = path.join(project, "offline/go", module);
    await goLint(module, path.join(root, "bin/gofmt"), tool, cwd);
    const output = [];
    let [passed, failed] = [0, 0];
    const code = await follow(
      tool.go,
      ["test", "-json", "./..."],
      { cwd, env: tool.env, show: () => {} },
      (line) => {
        const event = JSON.parse(line);
        if (event.Output) output.push(event.Output);
        if (event.Test && event.Action === "pass") passed += 1;
        if (event.Test && event.Action === "fail") failed += 1;
      },
    );
    if (code !== 0) console.log(output.join(""));
    count(true, passed);
    count(false, code === 0 ? 0 : Math.max(failed, 1));
    console.log(`${code === 0 ? "✔" : "✖"} go test ${module} (${passed} tests)`);
  }
}

async function goLint(module, gofmt, { go, env }, cwd) {
  const unformatted = [];
  const formatted = await follow(gofmt, ["-l", "."], { cwd, env }, (line) => unformatted.push(line));
  for (const [name, passed] of [
    ["gofmt -l", formatted === 0 && unformatted.length === 0],
    ["go vet", (await follow(go, ["vet", "./..."], { cwd, env })) === 0],
  ]) {
    count(passed, 1);
    console.log(`${passed ? "✔" : "✖"} ${name} ${module}`);
  }
}

/** Unit tests stand beside the source; the others have a folder each. */
function testFiles(folder) {
  const rooms = ["bench", "cli", "components", "config", "contract", "lib", "results", "testbeds"];
  const directories = folder === "unit" ? rooms : [`test/${folder}`];
  return directories
    .flatMap((name) =>
      readdirSync(path.join(project, name), { recursive: true }).map((file) =>
        path.join(project, name, file),
      ),
    )
    .concat(folder === "unit" ? [path.join(project, "test/repository.test.ts")] : [])
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
}

async function nodeTests(folder, names, ...flags) {
  const files = testFiles(folder).filter(
    (file) => names.length === 0 || names.includes(path.basename(file, ".test.ts")),
  );
  if (files.length === 0) throw new Problem(`No such ${folder} tests: ${names.join(", ")}`);
  const preload = path.join(project, "test/support/preload.ts");
  const args = ["--import", "tsx", "--import", preload, "--test", "--test-reporter=spec", ...flags];
  const failedBefore = totals.failed;
  const code = await follow(
    process.execPath,
    [...args, ...files],
    { env: { TEST_RUN: String(process.pid) } },
    (line) => {
      const [, kind, number] = /^ℹ (pass|fail|cancelled) (\d+)$/.exec(line) ?? [];
      if (!kind) return;
      count(kind === "pass", Number(number));
    },
  );
  // Neither a run that died before it could count nor a clean-up that failed is counted as a test.
  if (code !== 0 && totals.failed === failedBefore) count(false, 1);
}

/** Begins the name of a test project's folder; the number of the process that its run is of follows. */
const TEST_PROJECTS = path.join(tmpdir(), "swarmbench-e2e-");

/** Whether a folder is that of a test project whose run goes on no more: this one, or one that was killed. */
function isOver(folder, isOfThisRun) {
  if (!folder.startsWith(TEST_PROJECTS)) return false;
  const pid = Number.parseInt(folder.slice(TEST_PROJECTS.length), 10);
  return pid === process.pid ? isOfThisRun : !(pid > 0 && lives(pid));
}

/**
 * What test projects have left where they were cut off: containers, volumes, networks, folders. Before the tests those
 * of earlier runs, which have the names and ports that are needed now; after them those of this run as well.
 */
async function removeTestProjects(engineHost, { ofThisRun }) {
  const options = { cleanUp: ofThisRun }; // after Ctrl-C as well: that is when they are left
  for (const object of await labelledObjects(engineHost, options)) {
    if (isOver(object.owner, ofThisRun)) await removeObject(engineHost, object, options);
  }
  for (const name of readdirSync(tmpdir())) {
    const folder = path.join(tmpdir(), name);
    if (isOver(folder, ofThisRun)) rmSync(folder, { recursive: true, force: true });
  }
}

function count(passed, number) {
  totals[passed ? "passed" : "failed"] += number;
}

await main(async () => {
  const wanted = process.argv.slice(2);
  if (wanted.includes("--help")) {
    console.log(HELP);
    return;
  }
  const usual = ["check", "go", "unit", "e2e"];
  const parts = [...usual, "slow"];
  const files = wanted.filter((name) => !parts.includes(name));
  const chosen = wanted.length === files.length ? usual : parts.filter((part) => wanted.includes(part));
  const { source, engineHost } = await setup();
  const onSwarm = chosen.includes("e2e") || chosen.includes("slow");
  if (onSwarm) await removeTestProjects(engineHost, { ofThisRun: false });
  try {
    for (const part of chosen) {
      console.log(`\n── ${part} (${elapsed()})`);
      if (part === "check") await check();
      if (part === "go" && source === "built") await go();
      if (part === "unit") await nodeTests("unit", files);
      if (part === "e2e" || part === "slow") await nodeTests(part, files, "--test-concurrency=1");
    }
  } finally {
    if (onSwarm) await removeTestProjects(engineHost, { ofThisRun: true });
  }
  console.log(`\nall parts done after ${elapsed()}`);
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  if (totals.failed > 0 || totals.passed === 0) process.exitCode = 1;
});

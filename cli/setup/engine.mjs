import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "../lib/problem.mjs";
import { ask, run } from "../lib/run.mjs";
import { Stopped } from "../lib/signals.mjs";
import { step } from "../lib/steps.mjs";
import { DEFAULT_ENGINE, ensurePrograms, isRoot } from "./host.mjs";

const ENGINE_LOG = "/var/log/swarmbench-dockerd.log";
/** @type {Record<string, string>} the program that each file should name */
const PID_FILES = {
  "/var/run/docker.pid": "dockerd",
  "/var/run/docker/containerd/containerd.pid": "containerd",
};
const LOG_TAIL = 15;
const ENGINE_START_TIMEOUT_MS = 60_000;
/** The newest API version that the Docker provider which is built here speaks. */
const BUILT_PROVIDER_API = "1.41";

/**
 * The address of a Docker engine that answers: the one that `docker` uses by itself, else Debian's, installed and
 * started where we are root.
 *
 * @param {"official" | "built"} source
 * @returns {Promise<string>} such as unix:///var/run/docker.sock
 */
export async function ensureEngine(source) {
  const { host, chosenBy } = chosenEngine(process.env, await dockerContext());
  if (!(await answers(host))) {
    mayStart(host, chosenBy);
    await ensurePrograms({ dockerd: "docker.io", iptables: "iptables" });
    // Debian 13 has the client in a package of its own, which docker.io only recommends.
    await ensurePrograms({ docker: ["docker-cli", "docker.io"] });
    await step("start the Docker engine", () => startEngine(host));
  }
  if (source === "built") refuseTooNew(await serverVersion(host, "MinAPIVersion"));
  return host;
}

/**
 * Which engine `docker` uses, and by what it was chosen, undefined where nobody chose.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {{ name: string, host: string } | undefined} context
 */
export function chosenEngine(env, context) {
  if (env.DOCKER_HOST) return { host: env.DOCKER_HOST, chosenBy: "DOCKER_HOST" };
  if (!context?.host) return { host: DEFAULT_ENGINE, chosenBy: env.DOCKER_CONTEXT && "DOCKER_CONTEXT" };
  const chosenBy = context.name === "default" ? undefined : `the Docker context ${context.name}`;
  return { host: context.host, chosenBy };
}

async function dockerContext() {
  const format = "{{.Name}}\t{{.Endpoints.docker.Host}}";
  const [name, host] = ((await ask("docker", ["context", "inspect", "--format", format])) ?? "").split("\t");
  return host ? { name, host } : undefined;
}

/** @throws Problem where an engine is not ours to install and start */
function mayStart(host, chosenBy) {
  if (chosenBy) {
    throw new Problem(
      `The Docker engine at ${host}, which ${chosenBy} names, does not answer.`,
      "Start it, install `docker` if that is missing, or let setup use this machine's own engine:\n" +
        "unset DOCKER_HOST DOCKER_CONTEXT; docker context use default",
    );
  }
  if (process.platform !== "linux") {
    throw new Problem(
      "No Docker engine answers.",
      "Install and start Docker Desktop, then run `npm run setup` again.",
    );
  }
  if (!isRoot) {
    throw new Problem(
      `No Docker engine answers at ${host}, and this user may not install or start one.`,
      "Install it:            sudo apt-get install docker.io   (Debian 13: docker.io docker-cli)\n" +
        'Let this user use it:  sudo usermod -aG docker "$USER"   (then log in again)\n' +
        "Or run the whole setup as root.",
    );
  }
}

function answers(host) {
  return serverVersion(host, "Version");
}

function serverVersion(host, field) {
  return ask("docker", ["--host", host, "version", "--format", `{{.Server.${field}}}`]);
}

/** @throws Problem where an engine no longer speaks what the provider that is built here speaks */
export function refuseTooNew(minApiVersion = "") {
  const [major, minor] = minApiVersion.split(".").map(Number);
  const [ourMajor, ourMinor] = BUILT_PROVIDER_API.split(".").map(Number);
  if (!(major > ourMajor || (major === ourMajor && minor > ourMinor))) return;
  throw new Problem(
    `The Docker engine speaks API ${minApiVersion} and later; the Docker provider that is built here speaks ` +
      `${BUILT_PROVIDER_API} at most.`,
    "Take the official tools:   SWARMBENCH_SOURCE=official npm run setup\n" +
      "Or an older engine, such as Debian's docker.io.",
  );
}

async function startEngine(host) {
  const engine = existsSync("/run/systemd/system") ? await startService() : spawnEngine();
  const end = Date.now() + ENGINE_START_TIMEOUT_MS;
  while (!(await answers(host))) {
    if (engine.ended()) throw new Problem(`The Docker engine ${engine.ended()}.`, engine.hint());
    if (Date.now() > end) {
      throw new Problem("The Docker engine was started but does not answer.", engine.hint());
    }
    await delay(200);
  }
}

async function startService() {
  const hint = () => "Look at its log: journalctl -u docker";
  try {
    await run("systemctl", ["enable", "--now", "docker"], { mustEnd: true });
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw new Problem(error.message, hint(), { cause: error });
  }
  return { ended: () => undefined, hint };
}

/**
 * An engine that was killed leaves the numbers of its processes. Where another program has such a number by now, the
 * next engine takes that for itself and does not start.
 */
export function removeStalePidFiles(files = PID_FILES, nameOf = programName) {
  for (const [file, program] of Object.entries(files)) {
    if (existsSync(file) && nameOf(readFileSync(file, "utf8").trim()) !== program) rmSync(file);
  }
}

function programName(pid) {
  const comm = `/proc/${pid}/comm`;
  return existsSync(comm) ? readFileSync(comm, "utf8").trim() : undefined;
}

/** For machines without an init system; the engine goes on after we end. */
function spawnEngine() {
  removeStalePidFiles();
  const log = openSync(ENGINE_LOG, "a");
  let ended;
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] })
    .on("error", (error) => {
      ended = `could not be started: ${error.message}`;
    })
    .on("exit", (code, signal) => {
      ended = `ended with ${signal ?? code}`;
    })
    .unref();
  const tail = () => readFileSync(ENGINE_LOG, "utf8").trimEnd().split("\n").slice(-LOG_TAIL).join("\n");
  return { ended: () => ended, hint: () => `The end of its log, ${ENGINE_LOG}:\n${tail()}` };
}

import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, Problem } from "../lib/problem.ts";
import { ask, run } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { DEFAULT_ENGINE, ensurePrograms, isRoot } from "./host.ts";

const ENGINE_LOG = "/var/log/swarmbench-dockerd.log";
/** The program that each file should name. */
const PID_FILES: Record<string, string> = {
  "/var/run/docker.pid": "dockerd",
  "/var/run/docker/containerd/containerd.pid": "containerd",
};
const LOG_TAIL = 15;
const ENGINE_START_TIMEOUT_MS = 60_000;

/**
 * The address of a Docker engine that answers: the one that `docker` uses by itself, else Debian's, installed and
 * started where we are root.
 *
 * @returns such as unix:///var/run/docker.sock
 */
export async function ensureEngine(): Promise<string> {
  const { host, chosenBy } = chosenEngine(process.env, await dockerContext());
  if (!(await answers(host))) {
    mayStart(host, chosenBy);
    await ensurePrograms({ dockerd: "docker.io", iptables: "iptables" });
    // Debian 13 has the client in a package of its own, which docker.io only recommends.
    await ensurePrograms({ docker: ["docker-cli", "docker.io"] });
    await step("start the Docker engine", () => startEngine(host));
  }
  return host;
}

/** An engine that `docker` uses. */
export interface ChosenEngine {
  host: string;
  /** Undefined where nobody chose. */
  chosenBy: string | undefined;
}

/** Which engine `docker` uses, and by what it was chosen. */
export function chosenEngine(
  env: NodeJS.ProcessEnv,
  context: { name: string; host: string } | undefined,
): ChosenEngine {
  if (env.DOCKER_HOST) return { host: env.DOCKER_HOST, chosenBy: "DOCKER_HOST" };
  if (!context?.host) return { host: DEFAULT_ENGINE, chosenBy: env.DOCKER_CONTEXT && "DOCKER_CONTEXT" };
  const chosenBy = context.name === "default" ? undefined : `the Docker context ${context.name}`;
  return { host: context.host, chosenBy };
}

async function dockerContext(): Promise<{ name: string; host: string } | undefined> {
  const format = "{{.Name}}\t{{.Endpoints.docker.Host}}";
  const answer = (await ask("docker", ["context", "inspect", "--format", format])) ?? "";
  const [name = "", host] = answer.split("\t");
  return host ? { name, host } : undefined;
}

/** @throws Problem where an engine is not ours to install and start */
function mayStart(host: string, chosenBy: string | undefined): void {
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

function answers(host: string): Promise<string | undefined> {
  return serverVersion(host, "Version");
}

/** A field of what the engine at an address says of its version; undefined where it does not answer. */
export function serverVersion(host: string, field: "Version" | "MinAPIVersion"): Promise<string | undefined> {
  return ask("docker", ["--host", host, "version", "--format", `{{.Server.${field}}}`]);
}

/** An engine that is starting. */
interface Starting {
  /** How it ended, undefined while it runs. */
  ended: () => string | undefined;
  hint: () => string;
}

async function startEngine(host: string): Promise<void> {
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

async function startService(): Promise<Starting> {
  const hint = () => "Look at its log: journalctl -u docker";
  try {
    await run("systemctl", ["enable", "--now", "docker"], { mustEnd: true });
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw new Problem(messageOf(error), hint(), { cause: error });
  }
  return { ended: () => undefined, hint };
}

/**
 * An engine that was killed leaves the numbers of its processes. Where another program has such a number by now, the
 * next engine takes that for itself and does not start.
 */
export function removeStalePidFiles(files = PID_FILES, nameOf = programName): void {
  for (const [file, program] of Object.entries(files)) {
    if (existsSync(file) && nameOf(readFileSync(file, "utf8").trim()) !== program) rmSync(file);
  }
}

function programName(pid: string): string | undefined {
  const comm = `/proc/${pid}/comm`;
  return existsSync(comm) ? readFileSync(comm, "utf8").trim() : undefined;
}

/** For machines without an init system; the engine goes on after we end. */
function spawnEngine(): Starting {
  removeStalePidFiles();
  const log = openSync(ENGINE_LOG, "a");
  let ended: string | undefined;
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

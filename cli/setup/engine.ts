import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { describeError, SwarmbenchError } from "../../contract/errors.ts";
import { startDaemon } from "../../lib/exec.ts";
import { ask, run } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { DEFAULT_ENGINE, ensurePrograms, isRoot } from "./host.ts";

const ENGINE_LOG = "/var/log/swarmbench-dockerd.log";
/** For each file with a process id, the program that the process should be. */
const PID_FILES: Record<string, string> = {
  "/var/run/docker.pid": "dockerd",
  "/var/run/docker/containerd/containerd.pid": "containerd",
};
const LOG_TAIL = 15;
const ENGINE_START_TIMEOUT_MS = 60_000;

/**
 * Makes sure that a Docker engine answers: the one that `docker` uses by default. If none does and this user is root, installs
 * and starts Debian's.
 *
 * @returns the engine's address, such as unix:///var/run/docker.sock
 * @throws SwarmbenchError `engine-unavailable`
 */
export async function ensureEngine(): Promise<string> {
  const { host, chosenBy } = chosenEngine(process.env, await dockerContext());
  if (!(await answers(host))) {
    checkMayStart(host, chosenBy);
    await ensurePrograms({ dockerd: "docker.io", iptables: "iptables" });
    // In Debian 13 the client is a separate package, which docker.io only recommends.
    await ensurePrograms({ docker: ["docker-cli", "docker.io"] });
    await step("start the Docker engine", () => startEngine(host));
  }
  return host;
}

/** The engine that `docker` uses. */
export interface ChosenEngine {
  host: string;
  /** The variable or context that names it; undefined for the default engine. */
  chosenBy: string | undefined;
}

/** Which engine `docker` uses, and which variable or context names it. */
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
  const text = (await ask("docker", ["context", "inspect", "--format", format])) ?? "";
  const [name = "", host] = text.split("\t");
  return host ? { name, host } : undefined;
}

/** @throws SwarmbenchError if setup may not install and start the engine */
function checkMayStart(host: string, chosenBy: string | undefined): void {
  if (chosenBy) {
    throw unavailable(
      `The Docker engine at ${host}, which ${chosenBy} names, does not answer.`,
      "Start it, install `docker` if that is missing, or let setup use this machine's own engine:\n" +
        "unset DOCKER_HOST DOCKER_CONTEXT; docker context use default",
    );
  }
  if (process.platform !== "linux") {
    throw unavailable(
      "No Docker engine answers.",
      "Install and start Docker Desktop, then run `npm run setup` again.",
    );
  }
  if (!isRoot) {
    throw unavailable(
      `No Docker engine answers at ${host}, and this user may not install or start one.`,
      "Install it:            sudo apt-get install docker.io   (Debian 13: docker.io docker-cli)\n" +
        'Let this user use it:  sudo usermod -aG docker "$USER"   (then log in again)\n' +
        "Or run the whole setup as root.",
    );
  }
}

function unavailable(message: string, hint: string, cause?: unknown): SwarmbenchError {
  return new SwarmbenchError("engine-unavailable", message, { hint, cause });
}

function answers(host: string): Promise<string | undefined> {
  return serverVersion(host, "Version");
}

/** A field of the version that the engine at an address reports; undefined if it does not answer. */
export function serverVersion(host: string, field: "Version" | "MinAPIVersion"): Promise<string | undefined> {
  return ask("docker", ["--host", host, "version", "--format", `{{.Server.${field}}}`]);
}

/** An engine that is starting. */
interface Starting {
  /** How it ended; undefined while it runs. */
  ended: () => string | undefined;
  hint: () => string;
}

async function startEngine(host: string): Promise<void> {
  const engine = existsSync("/run/systemd/system") ? await startService() : spawnEngine();
  const end = Date.now() + ENGINE_START_TIMEOUT_MS;
  while (!(await answers(host))) {
    if (engine.ended()) throw unavailable(`The Docker engine ${engine.ended()}.`, engine.hint());
    if (Date.now() > end) {
      throw unavailable("The Docker engine was started but does not answer.", engine.hint());
    }
    await delay(200);
  }
}

async function startService(): Promise<Starting> {
  const hint = () => "See its log: journalctl -u docker";
  try {
    await run("systemctl", ["enable", "--now", "docker"], { mustEnd: true });
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw unavailable(describeError(error), hint(), error);
  }
  return { ended: () => undefined, hint };
}

/**
 * Removes the pid files of an engine that was killed. If another program has such a process id by now, the next engine
 * takes that program for a running engine and does not start.
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

/** For machines without an init system; the engine keeps running after setup ends. */
function spawnEngine(): Starting {
  removeStalePidFiles();
  const { ended } = startDaemon("dockerd", [], ENGINE_LOG);
  const tail = () => readFileSync(ENGINE_LOG, "utf8").trimEnd().split("\n").slice(-LOG_TAIL).join("\n");
  return { ended, hint: () => `The end of its log, ${ENGINE_LOG}:\n${tail()}` };
}

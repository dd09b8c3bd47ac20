import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "./problem.mjs";
import { ask, run } from "./run.mjs";
import { step } from "./steps.mjs";

const ENGINE_LOG = "/var/log/swarmbench-dockerd.log";
const ENGINE_START_TIMEOUT_MS = 60_000;

/** Another package manager, such as the unattended upgrades of a fresh machine, is waited for. */
const LOCK = "-oDPkg::Lock::Timeout=300";

const isRoot = process.getuid?.() === 0;
const hasApt = existsSync("/usr/bin/apt-get");

/** Steps run beside each other, but there is one package manager. */
let lastInstall = Promise.resolve();

/** Installs Debian's packages of programs that this machine lacks; asks for it where we may not. */
export function ensurePrograms(/** @type {Record<string, string>} */ packageOf) {
  const install = lastInstall.then(() => installPrograms(packageOf));
  lastInstall = install.catch(() => {}); // the caller hears of it; the next install is tried all the same
  return install;
}

async function installPrograms(/** @type {Record<string, string>} */ packageOf) {
  const missing = [];
  for (const [program, name] of Object.entries(packageOf)) {
    if (!(await ask("sh", ["-c", 'PATH="$PATH:/usr/sbin:/sbin"; command -v "$0"', program])))
      missing.push(name);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing)];
  if (!isRoot || !hasApt) {
    throw new Problem(
      `This machine lacks: ${packages.join(", ")}.`,
      hasApt
        ? `Install them: sudo apt-get install ${packages.join(" ")}`
        : "Install them, then run `npm run setup` again.",
    );
  }
  await step(`install ${packages.join(", ")}`, async () => {
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", [LOCK, "update", "--quiet"], { env });
    await run("apt-get", [LOCK, "install", "--quiet", "--yes", "--no-install-recommends", ...packages], {
      env,
    });
  });
}

/**
 * The address of a Docker engine that answers: the one that `docker` uses by itself, else Debian's, installed and
 * started where we are root.
 *
 * @returns {Promise<string>} such as unix:///var/run/docker.sock
 */
export async function ensureEngine() {
  const host = (await engineHost()) ?? "unix:///var/run/docker.sock";
  if (await answers(host)) return host;
  if (process.platform !== "linux") {
    throw new Problem(
      "No Docker engine answers.",
      "Install and start Docker Desktop, then run `npm run setup` again.",
    );
  }
  if (!isRoot) {
    throw new Problem(
      `No Docker engine answers at ${host}, and this user may not install or start one.`,
      "Install it:            sudo apt-get install docker.io\n" +
        'Let this user use it:  sudo usermod -aG docker "$USER"   (then log in again)\n' +
        "Or run the whole setup as root.",
    );
  }
  await ensurePrograms({ dockerd: "docker.io", iptables: "iptables" });
  await step("start the Docker engine", () => startEngine(host));
  return host;
}

async function engineHost() {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  return (await ask("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])) || undefined;
}

function answers(host) {
  return ask("docker", ["--host", host, "version", "--format", "{{.Server.Version}}"]);
}

async function startEngine(host) {
  if (existsSync("/run/systemd/system")) {
    await run("systemctl", ["enable", "--now", "docker"]);
  } else {
    // No init system runs here; the engine goes on after we end.
    const log = openSync(ENGINE_LOG, "a");
    spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
  }
  const end = Date.now() + ENGINE_START_TIMEOUT_MS;
  while (!(await answers(host))) {
    if (Date.now() > end) {
      throw new Problem(
        "The Docker engine was started but does not answer.",
        `Look at its log: tail ${ENGINE_LOG}`,
      );
    }
    await delay(200);
  }
}

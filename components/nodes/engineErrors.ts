// Why a stack cannot use a Docker engine. Sources: Docker's manual (docs.docker.com/engine) on swarm mode, daemon.json,
// firewalls and rootless mode, and the release notes of the versions named.
import { type EngineFacts, flagValue, isOlder } from "./engineFacts.ts";

/** The oldest engine that the stack is tested with. */
export const OLDEST_ENGINE = "20.10";
/** The engine's configuration file. */
export const DAEMON_FILE = "/etc/docker/daemon.json";
const DEFAULT_ROOT = "/var/lib/docker";

/** What the stack needs from an engine. */
export interface EngineNeeds {
  /** The newest API version that the stack's Docker provider speaks, if it has such a limit and connects to this engine. */
  newestApi?: string;
  /** Whether a service mounts {@link DEFAULT_ROOT}. @default false */
  defaultRoot?: boolean;
}

/** Reasons why an engine cannot be a member of the swarm, one sentence each, with a hint. */
export function memberErrors(facts: EngineFacts, needs: EngineNeeds = {}): string[] {
  if (isSnap(facts)) {
    return [
      "its Docker is a snap, which cannot read the stack's files: remove it (snap remove docker, which deletes its containers), or use another machine",
    ];
  }
  return [
    ...versionErrors(facts, needs),
    ...userErrors(facts),
    ...swarmErrors(facts),
    ...fileErrors(facts),
    ...rootErrors(facts, needs),
  ];
}

/** Reasons why an engine cannot run nodes as containers, one sentence each, with a hint. */
export function hostErrors(facts: EngineFacts, needs: EngineNeeds = {}): string[] {
  return [...versionErrors(facts, needs), ...userErrors(facts)];
}

function versionErrors({ info, oldestApi }: EngineFacts, { newestApi }: EngineNeeds): string[] {
  const version = info?.ServerVersion ?? "";
  if (isOlder(version, OLDEST_ENGINE)) {
    return [`its Docker engine ${version} is too old: install ${OLDEST_ENGINE} or later`];
  }
  if (newestApi === undefined || oldestApi === undefined || !isOlder(newestApi, oldestApi)) return [];
  return [
    `its Docker engine ${version} is too new: it speaks API ${oldestApi} and later, and this setup's Docker provider ${newestApi} at most; use the official tools (SWARMBENCH_SOURCE=official npm run setup), or an older engine such as Debian's docker.io`,
  ];
}

function userErrors({ info, file, flags }: EngineFacts): string[] {
  const errors: string[] = [];
  if (hasOption(info, "rootless")) {
    errors.push(
      "its Docker engine is rootless, which has no overlay networks: use the rootful engine (docker context use default)",
    );
  }
  if (hasOption(info, "userns") || settingOf({ file, flags }, "userns-remap")) {
    errors.push(
      `its Docker engine maps users (userns-remap), which the networks and mounts of the stack do not allow: ${remedy({ flags }, "userns-remap")}, or use another machine`,
    );
  }
  return errors;
}

function swarmErrors({ info, file, flags }: EngineFacts): string[] {
  const errors: string[] = [];
  const has = (key: string, value: string) => settingOf({ file, flags }, key) === value;
  if (info ? info.LiveRestoreEnabled : has("live-restore", "true")) {
    errors.push(
      `its Docker engine has live-restore, which Docker does not allow in a swarm: ${remedy({ flags }, "live-restore")}`,
    );
  }
  if (has("iptables", "false")) {
    errors.push(
      `its Docker engine may not set firewall rules (iptables: false), which published ports and the swarm's networks need: ${remedy({ flags }, "iptables")}`,
    );
  }
  const driver = info?.FirewallBackend?.Driver;
  if (driver ? driver.startsWith("nftables") : has("firewall-backend", "nftables")) {
    errors.push(
      `its Docker engine uses nftables (firewall-backend), which Docker does not allow in a swarm: ${remedy({ flags }, "firewall-backend")}`,
    );
  }
  return errors;
}

/** Errors that would make the engine ignore, or refuse, the registry that the stack adds to its configuration. */
function fileErrors({ file, flags }: EngineFacts): string[] {
  if (file === null) return [`its ${DAEMON_FILE} is not a JSON object: correct or remove the file`];
  const errors: string[] = [];
  const registries = file["insecure-registries"];
  if (registries !== undefined && !isStrings(registries)) {
    errors.push(`insecure-registries in its ${DAEMON_FILE} is not a list of strings: correct it`);
  }
  const other = flagValue(flags, "config-file");
  if (other !== undefined && other !== DAEMON_FILE) {
    errors.push(
      `its Docker engine reads ${other} instead of ${DAEMON_FILE}, where the stack's registry is added: ${remedy({ flags }, "config-file")}`,
    );
  }
  if (flagValue(flags, "insecure-registry") !== undefined) {
    errors.push(
      `its dockerd has --insecure-registry, which Docker refuses together with insecure-registries in ${DAEMON_FILE}: move the registries to that file, then restart Docker`,
    );
  }
  return errors;
}

/** Another folder for the engine's data is used as it is, unless a service mounts the default one. */
function rootErrors({ info }: EngineFacts, { defaultRoot = false }: EngineNeeds): string[] {
  const root = info?.DockerRootDir ?? "";
  if (!defaultRoot || root === "" || root === DEFAULT_ROOT) return [];
  return [
    `its Docker engine keeps its data in ${root}, but Portainer reads ${DEFAULT_ROOT}: set swarmbench:portainer.enabled to false`,
  ];
}

function isSnap({ info, program }: EngineFacts): boolean {
  return /^\/(var\/)?snap\//.test(program ?? "") || (info?.DockerRootDir.startsWith("/var/snap/") ?? false);
}

const hasOption = (info: EngineFacts["info"], name: string) =>
  info?.SecurityOptions.some((option) => option === `name=${name}`) ?? false;

/** A setting as text, from the command line or the file; Docker refuses to start if both have it. */
function settingOf({ file, flags }: Pick<EngineFacts, "file" | "flags">, key: string): string | undefined {
  const flag = flagValue(flags, key);
  if (flag !== undefined) return flag;
  const value = file?.[key];
  return value === undefined ? undefined : String(value);
}

function remedy({ flags }: Pick<EngineFacts, "flags">, key: string): string {
  const place =
    flagValue(flags, key) === undefined
      ? `remove ${key} from its ${DAEMON_FILE}`
      : `remove --${key} from dockerd's command line (systemctl edit docker)`;
  return `${place}, then restart Docker`;
}

const isStrings = (value: unknown) =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

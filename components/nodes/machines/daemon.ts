// The Docker engine's configuration (/etc/docker/daemon.json).
import { SwarmbenchError } from "../../../contract/errors.ts";
import { addressIn } from "../../../lib/addresses.ts";
import { DAEMON_FILE } from "../engineErrors.ts";
import { parseDaemonFile } from "../engineFacts.ts";

/**
 * Registries that an engine trusts without TLS unless `insecure-registries` is set, which from Docker 29.10 on replaces them
 * (release notes of 29.10.0).
 */
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** Settings for an engine that swarmbench installed: networks from the configured pool, and size limits for logs. */
function defaults(addressPool: string): Record<string, unknown> {
  return {
    bip: `${addressIn(addressPool, 1)}/24`,
    "default-address-pools": [{ base: addressPool, size: 24 }],
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    "max-concurrent-downloads": 6,
  };
}

interface DaemonArgs {
  /** Name of the node, for the error message. */
  node: string;
  /** The current configuration file, in base 64. */
  current: string | undefined;
  /** Whether swarmbench installs, or installed, Docker. An existing engine only gets the registry added. */
  installedHere: boolean;
  /** Networks of the engine, in CIDR notation. */
  addressPool: string;
  /** `address:port` of the stack's registry, which does not use TLS. */
  registry: string;
}

/**
 * The engine's new configuration file. Keeps existing keys, and returns its own result unchanged.
 *
 * @throws SwarmbenchError `node-failed` if the current file is not a JSON object
 */
export function daemonConfig({ node, current, installedHere, addressPool, registry }: DaemonArgs): string {
  const existing = parseDaemonFile(Buffer.from(current ?? "", "base64").toString("utf8"));
  if (existing === null) {
    throw new SwarmbenchError("node-failed", `${node}: ${DAEMON_FILE} is not a JSON object`, {
      hint: "Fix or remove the file on the machine.",
    });
  }
  const before = existing["insecure-registries"];
  const listed = Array.isArray(before) ? before : [];
  const registries = new Set([...(trustsLoopback(before, registry) ? LOOPBACK : []), ...listed, registry]);
  const base = installedHere ? defaults(addressPool) : {};
  const config = { ...base, ...existing, "insecure-registries": [...registries] };
  return JSON.stringify(config, undefined, 2);
}

/** Whether the engine trusts loopback without the stack: not if the machine's owner has listed other registries, or none. */
function trustsLoopback(before: unknown, registry: string): boolean {
  if (before === undefined) return true;
  return Array.isArray(before) && before.length > 0 && before.every((entry) => entry === registry);
}

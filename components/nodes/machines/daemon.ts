// The Docker engine's configuration (/etc/docker/daemon.json).
import { SwarmbenchError } from "../../../contract/errors.ts";
import { addressIn } from "../../../lib/addresses.ts";

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
  const existing = parse(node, current);
  const trusted = existing["insecure-registries"];
  const registries = new Set([...(Array.isArray(trusted) ? trusted : []), registry]);
  const base = installedHere ? defaults(addressPool) : {};
  const config = { ...base, ...existing, "insecure-registries": [...registries] };
  return JSON.stringify(config, undefined, 2);
}

function parse(node: string, current: string | undefined): Record<string, unknown> {
  const text = Buffer.from(current ?? "", "base64").toString("utf8");
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new SwarmbenchError("node-failed", `${node}: /etc/docker/daemon.json is not a JSON object`, {
    hint: "Fix or remove the file on the machine.",
  });
}

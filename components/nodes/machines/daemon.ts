// The Docker engine's configuration (/etc/docker/daemon.json).
import { addressIn } from "../../../lib/addresses.ts";

/** Ours, where Docker is installed by us: networks that collide with nothing, and logs that do not fill the disk. */
function whole(addressPool: string): Record<string, unknown> {
  return {
    bip: `${addressIn(addressPool, 1)}/24`,
    "default-address-pools": [{ base: addressPool, size: 24 }],
    "log-driver": "json-file",
    "log-opts": { "max-size": "10m", "max-file": "3" },
    "max-concurrent-downloads": 6,
  };
}

/** What an engine has to be told by us. */
interface DaemonArgs {
  /** What is there, base 64. */
  before: string | undefined;
  /** Whether Docker is, or is to be, installed by us; of another's engine only what is needed is changed. */
  ours: boolean;
  addressPool: string;
  /** `address:port` of the stack's registry, which speaks no TLS. */
  registry: string;
}

/**
 * The configuration as it is to be: another's keys stay as they are. The same, when it is applied to its own result.
 *
 * @throws Error where what is there is no JSON object
 */
export function daemonConfig({ before, ours, addressPool, registry }: DaemonArgs): string {
  const there = parse(before);
  const trusted = there["insecure-registries"];
  const registries = new Set([...(Array.isArray(trusted) ? trusted : []), registry]);
  const config = { ...(ours ? whole(addressPool) : {}), ...there, "insecure-registries": [...registries] };
  return JSON.stringify(config, undefined, 2);
}

function parse(before: string | undefined): Record<string, unknown> {
  const text = Buffer.from(before ?? "", "base64").toString("utf8");
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
  throw new Error("its /etc/docker/daemon.json is no JSON object: mend it there");
}

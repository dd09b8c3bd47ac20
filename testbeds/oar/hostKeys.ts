import { setTimeout as delay } from "node:timers/promises";
import type { Ask } from "../../lib/exec.ts";
import { word } from "../../lib/shell.ts";
import { OarError } from "./errors.ts";

/** A machine that was just given may still be starting. */
const WAIT_MS = 90_000;
const PAUSE_MS = 3_000;
const SCAN_TIMEOUT_MS = 60_000;

/**
 * The host keys of reserved machines, by name, as the frontend sees them: the connection to it is verified, and between it
 * and the machines is the testbed's own network. Machines that show no key within `waitMs` are reported and left out.
 *
 * @param frontend arguments of ssh up to and with the frontend
 * @throws OarError with code `unreachable` if the frontend cannot be asked
 */
export async function hostKeysOf(
  frontend: readonly string[],
  names: readonly string[],
  ask: Ask,
  progress: (line: string) => void,
  waitMs = WAIT_MS,
): Promise<Map<string, string[]>> {
  const keys = new Map<string, string[]>();
  const end = Date.now() + waitMs;
  for (let left = [...names]; left.length > 0; ) {
    const scan = `ssh-keyscan -T 10 -t ed25519,ecdsa,rsa ${left.map(word).join(" ")} 2>/dev/null || true`;
    const { code, stdout, stderr } = await ask("ssh", [...frontend, "sh -s"], {
      input: scan,
      timeoutMs: SCAN_TIMEOUT_MS,
    });
    if (code !== 0)
      throw new OarError("unreachable", `the frontend was not asked for host keys: ${stderr.trim()}`);
    for (const [name, key] of parseKeys(stdout)) keys.set(name, [...(keys.get(name) ?? []), key]);
    left = left.filter((name) => !keys.has(name));
    if (left.length === 0) break;
    if (Date.now() >= end) {
      // They are inspected with the other machines, and reported there.
      progress(`${left.join(", ")}: shows the frontend no host key`);
      break;
    }
    progress(`waiting for the ssh of ${left.join(", ")}`);
    await delay(PAUSE_MS);
  }
  return keys;
}

function parseKeys(text: string): [name: string, key: string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [name, type, key] = line.trim().split(" ");
    return name && type && key && !name.startsWith("#") ? [[name, `${type} ${key}`]] : [];
  });
}

import { setTimeout as delay } from "node:timers/promises";
import type { Ask } from "../../lib/exec.ts";
import { word } from "../../lib/shell.ts";
import { OarError } from "./errors.ts";

/** A machine that was just given may still be starting. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 3_000;
const TIMEOUT_MS = 60_000;

/**
 * The host keys of reserved machines, by name, as the frontend sees them: the line to it is checked, and between it and the
 * machines is the testbed's own network.
 *
 * @param frontend arguments of ssh
 * @throws OarError of code `unreachable` with the machines that show none
 */
export async function hostKeysOf(
  frontend: readonly string[],
  names: readonly string[],
  ask: Ask,
  progress: (line: string) => void,
  patienceMs = PATIENCE_MS,
): Promise<Map<string, string[]>> {
  const keys = new Map<string, string[]>();
  const end = Date.now() + patienceMs;
  for (let left = [...names]; left.length > 0; ) {
    const scan = `ssh-keyscan -T 10 -t ed25519,ecdsa,rsa ${left.map(word).join(" ")} 2>/dev/null || true`;
    const { code, stdout, stderr } = await ask("ssh", [...frontend, "sh -s"], {
      input: scan,
      timeoutMs: TIMEOUT_MS,
    });
    if (code !== 0)
      throw new OarError("unreachable", `the frontend was not asked for host keys: ${stderr.trim()}`);
    for (const [name, key] of scanned(stdout)) keys.set(name, [...(keys.get(name) ?? []), key]);
    left = left.filter((name) => !keys.has(name));
    if (left.length === 0) break;
    if (Date.now() >= end) {
      // Those that are silent are looked at with the others, and told of there.
      progress(`${left.join(", ")}: shows the frontend no host key`);
      break;
    }
    progress(`waiting for the ssh of ${left.join(", ")}`);
    await delay(PAUSE_MS);
  }
  return keys;
}

function scanned(text: string): [name: string, key: string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [name, type, key] = line.trim().split(" ");
    return name && type && key && !name.startsWith("#") ? [[name, `${type} ${key}`]] : [];
  });
}

import { setTimeout as delay } from "node:timers/promises";
import type { Ask } from "../../lib/exec.ts";
import { word } from "../../lib/shell.ts";
import { oarError } from "./errors.ts";

/** A machine that was just reserved may still be booting. */
const WAIT_MS = 90_000;
const PAUSE_MS = 3_000;
const SCAN_TIMEOUT_MS = 60_000;

/**
 * The host keys of reserved machines, by name, as the frontend sees them. The connection to the frontend is verified, and the
 * machines are in the testbed's own network. Machines that show no key within `waitMs` are reported and missing in the result.
 *
 * @param frontend arguments of ssh up to and including the frontend
 * @throws SwarmbenchError `oar-unreachable` if the frontend cannot be asked
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
      throw oarError("oar-unreachable", `cannot read the host keys on the frontend: ${stderr.trim()}`);
    for (const [name, key] of parseKeys(stdout, left)) keys.set(name, [...(keys.get(name) ?? []), key]);
    left = left.filter((name) => !keys.has(name));
    if (left.length === 0) break;
    if (Date.now() >= end) {
      // The inspection of all machines reports them as errors.
      progress(`${left.join(", ")}: no host key within ${Math.round(waitMs / 1_000)} s`);
      break;
    }
    progress(`waiting for the SSH server of ${left.join(", ")}`);
    await delay(PAUSE_MS);
  }
  return keys;
}

/** The keys in the output of ssh-keyscan, of the machines that were asked for; skips lines of any other form. */
function parseKeys(text: string, names: readonly string[]): [name: string, key: string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [name = "", type = "", key = ""] = line.trim().split(" ");
    const valid = names.includes(name) && /^[a-z0-9-]{1,50}$/.test(type) && /^[A-Za-z0-9+/=]+$/.test(key);
    return valid ? [[name, `${type} ${key}`]] : [];
  });
}

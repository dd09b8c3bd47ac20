// The addresses that a probe may measure to: only those of the stack's nodes.
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpError } from "../httpServer.ts";

/** Looks up the current addresses of the stack's nodes on a probe's network. */
export type StackAddresses = () => Promise<readonly string[]>;

/** Retries of a lookup: Docker's name servers learn of a new task within a second or two. */
const LOOKUPS = { times: 4, everyMs: 1_000 };

/** The addresses in a file, one per line. Without the file there are none. */
export function addressesIn(file: string): StackAddresses {
  return async () => {
    const text = await readFile(file, "utf8").catch(() => "");
    return text.split("\n").filter(Boolean);
  };
}

/** The addresses of a service's tasks on the overlay network, from Docker's name server. */
export function addressesOf(service: string): StackAddresses {
  return async () => {
    const tasks = await lookup(`tasks.${service}`, { all: true, family: 4 }).catch(() => []);
    return tasks.map(({ address }) => address);
  };
}

/**
 * Rejects addresses that are not those of the stack's nodes.
 *
 * @throws HttpError 403 that names them
 */
export async function refuseForeign(
  stack: StackAddresses,
  addresses: readonly string[],
  { times, everyMs } = LOOKUPS,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const own = new Set(await stack());
    const foreign = addresses.filter((address) => !own.has(address));
    if (foreign.length === 0) return;
    if (attempt === times)
      throw new HttpError(403, `not nodes of this stack: ${foreign.slice(0, 5).join(", ")}`);
    await sleep(everyMs);
  }
}

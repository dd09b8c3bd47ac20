// The addresses that a probe may measure to: those of the stack's nodes, and no others.
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpError } from "../httpServer.ts";

/** The addresses of the stack's nodes on a probe's network, as they are now. */
export type StackAddresses = () => Promise<readonly string[]>;

/** Docker's name servers tell each other of a new task within a second or two. */
const LOOK_AGAIN = { times: 4, everyMs: 1_000 };

/** The addresses of a file, one a line. Without the file there are none. */
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
 * Refuses addresses that are not the stack's.
 *
 * @throws HttpError 403 that names them
 */
export async function refuseForeign(
  stack: StackAddresses,
  addresses: readonly string[],
  { times, everyMs } = LOOK_AGAIN,
): Promise<void> {
  for (let look = 1; ; look += 1) {
    const there = new Set(await stack());
    const foreign = addresses.filter((address) => !there.has(address));
    if (foreign.length === 0) return;
    if (look === times) throw new HttpError(403, `no nodes of this stack: ${foreign.slice(0, 5).join(", ")}`);
    await sleep(everyMs);
  }
}

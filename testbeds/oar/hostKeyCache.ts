import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { readCache } from "../../lib/cache.ts";

/** A machine that OAR reserved. */
export interface ReservedMachine {
  job: number;
  name: string;
  /** The name of its site; empty if there is only one site. */
  site: string;
  /** The environment that was deployed on it. */
  environment: string | undefined;
}

const cacheKey = ({ job, name, site, environment = "" }: ReservedMachine) =>
  [job, name, environment, ...(site ? [site] : [])].join(" ");

/**
 * The host keys of reserved machines, read from a cache or scanned. Keys are cached per job and environment: another job may
 * have the same machine with another system, and so with other keys.
 *
 * @param folder folder of the cache
 * @param scan returns the keys of machines of one site, by machine name
 */
export async function cachedHostKeys<M extends ReservedMachine>(
  folder: string,
  machines: readonly M[],
  scan: (machines: [M, ...M[]]) => Promise<Map<string, string[]>>,
): Promise<Map<M, string[]>> {
  const file = path.join(folder, "reserved.json");
  const cache = readCache(file, (document) => new Map(document as [string, string[]][])) ?? new Map();
  const missing = machines.filter((machine) => !cache.has(cacheKey(machine)));
  const scanned = new Map<string, Map<string, string[]>>();
  await Promise.all(
    [...new Set(missing.map(({ site }) => site))].map(async (site) => {
      scanned.set(site, await scan(missing.filter((machine) => machine.site === site) as [M, ...M[]]));
    }),
  );
  const keys = new Map<M, string[]>();
  for (const machine of machines) {
    const own = cache.get(cacheKey(machine)) ?? scanned.get(machine.site)?.get(machine.name);
    if (own) keys.set(machine, own);
  }
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lines = [...keys].map(([machine, own]) => [cacheKey(machine), own]);
    writeFileSync(file, JSON.stringify(lines), { mode: 0o600 });
  }
  return keys;
}

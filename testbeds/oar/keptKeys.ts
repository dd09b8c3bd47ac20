import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { readKept } from "../../lib/kept.ts";

/** A machine that OAR gave. */
export interface ReservedMachine {
  job: number;
  name: string;
  /** Tells apart what has the same name or job elsewhere; empty where there is one site. */
  site: string;
  /** What was deployed on it. */
  environment: string | undefined;
}

const keyOf = ({ job, name, site, environment = "" }: ReservedMachine) =>
  [job, name, environment, ...(site ? [site] : [])].join(" ");

/**
 * Host keys that were shown once hold as long as the job does, with the system that was deployed in it: another job may have the
 * same machine with another system, and so with other keys.
 *
 * @param folder where they are kept
 * @param scan asks for those of machines of one site, by their names
 */
export async function keptKeys<M extends ReservedMachine>(
  folder: string,
  machines: readonly M[],
  scan: (machines: [M, ...M[]]) => Promise<Map<string, string[]>>,
): Promise<Map<M, string[]>> {
  const file = path.join(folder, "reserved.json");
  const kept = readKept(file, (document) => new Map(document as [string, string[]][])) ?? new Map();
  const missing = machines.filter((machine) => !kept.has(keyOf(machine)));
  const bySite = [...new Set(missing.map(({ site }) => site))].map(
    (name) => missing.filter(({ site }) => site === name) as [M, ...M[]],
  );
  const scanned = await Promise.all(bySite.map((its) => scan(its)));
  const found = new Map(
    bySite.flatMap((its, index) => its.map((machine) => [machine, scanned[index]] as const)),
  );
  const known = machines.flatMap((machine): [M, string[]][] => {
    const keys = kept.get(keyOf(machine)) ?? found.get(machine)?.get(machine.name);
    return keys ? [[machine, keys]] : [];
  });
  if (missing.length > 0) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lines = known.map(([machine, keys]) => [keyOf(machine), keys]);
    writeFileSync(file, JSON.stringify(lines), { mode: 0o600 });
  }
  return new Map(known);
}

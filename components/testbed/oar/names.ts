import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Owner } from "../../lib/ownership";
import type { OarSettings, OarSite } from "./settings";

/** OAR's database takes 100 characters; a number follows. */
const LONGEST = 90;

/**
 * Begins the names of all jobs of a stack, and of no other: OAR takes several jobs of one name, and two machines or two
 * checkouts of one user know nothing of each other's.
 */
export function jobBase({ prefix, directory }: Owner, machine: string): string {
  const hash = createHash("sha256").update(`${machine}\0${directory}`).digest("hex").slice(0, 8);
  return `${prefix.slice(0, LONGEST - hash.length - 1)}-${hash}`;
}

/** The same, or what the scenario names its jobs. */
export function baseOf({ jobName }: Pick<OarSettings, "jobName">, owner: Owner): string {
  return jobName ?? jobBase(owner, machineId());
}

/**
 * Begins the names of a stack's jobs at a site. Each of several sites has its own, so that no job of one is taken for another's
 * where two of them turn out to be one OAR.
 */
export function baseAt({ name, settings }: OarSite, owner: Owner): string {
  const base = baseOf(settings, owner);
  return name === "" ? base : `${base}-${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
}

/** Something of this machine that stays as it is; nothing where there is none (then the folder alone tells). */
export function machineId(file = "/etc/machine-id"): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** A stack that grew has several jobs: each has a number, its slot, from 1. */
export function slotName(base: string, slot: number): string {
  return `${base}-${slot}`;
}

/** The slot of a job's name; undefined where the job is not of this stack. */
export function slotOf(base: string, name: string): number | undefined {
  const [, number] = name.startsWith(base) ? (/^-([1-9]\d*)$/.exec(name.slice(base.length)) ?? []) : [];
  return number === undefined ? undefined : Number(number);
}

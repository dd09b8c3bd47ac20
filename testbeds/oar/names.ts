import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Owner } from "../../components/lib/ownership.ts";
import type { OarSite } from "../../config/testbed/oar.ts";

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

/** Nodes that one OAR gives to a stack. */
export interface StackSite extends OarSite {
  /** Begins the names of the stack's jobs there. */
  base: string;
}

/**
 * A site with its jobs' names: the scenario's, or ours. Each of several sites has its own, so that no job of one is taken for
 * another's where two of them turn out to be one OAR.
 */
export function stackSite(site: OarSite, owner: Owner): StackSite {
  const { name, settings } = site;
  const base = settings.jobName ?? jobBase(owner, machineId());
  const own = name === "" ? "" : `-${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
  return { ...site, base: `${base}${own}` };
}

/** What is said of a site: with its name, where there are several. */
export function saidOf({ name }: Pick<OarSite, "name">, text: string): string {
  return name === "" ? text : `${name}: ${text}`;
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

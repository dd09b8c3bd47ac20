import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { OarSite } from "../../config/testbed/oar.ts";
import type { Owner } from "../../lib/owner.ts";

/** OAR's database takes 100 characters; the job's number is appended. */
const LONGEST = 90;

/**
 * Begins the names of all jobs of a stack, and of no other stack: OAR takes several jobs of one name, and two machines or
 * two checkouts of one user know nothing of each other's.
 */
export function jobBase({ prefix, directory }: Owner, machine: string): string {
  const digest = shortHash(`${machine}\0${directory}`, 8);
  return `${prefix.slice(0, LONGEST - digest.length - 1)}-${digest}`;
}

/** An OAR site and the names of a stack's jobs there. */
export interface StackSite extends OarSite {
  /** Begins the names of the stack's jobs there. */
  base: string;
}

/**
 * A site with the base of its jobs' names: `testbed.jobName`, or one of the stack's own. Each of several sites has another
 * base, so that no job of one is taken for another's if two sites turn out to be one OAR.
 */
export function stackSite(site: OarSite, owner: Owner): StackSite {
  const { name, settings, nodes } = site;
  const base = settings.jobName ?? jobBase(owner, machineId());
  return { name, settings, nodes, base: name === "" ? base : `${base}-${shortHash(name, 6)}` };
}

/** A message about a site: begins with its name if there are several. */
export function withSite({ name }: Pick<OarSite, "name">, text: string): string {
  return name === "" ? text : `${name}: ${text}`;
}

/** An id of this machine that never changes; empty if there is none (then the folder alone tells stacks apart). */
export function machineId(file = "/etc/machine-id"): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** The name of a job. A stack that grew has several jobs; each has a number, its slot, from 1. */
export function slotName(base: string, slot: number): string {
  return `${base}-${slot}`;
}

/** The slot in a job's name; undefined if the job is not one of this stack. */
export function slotOf(base: string, name: string): number | undefined {
  const [, number] = name.startsWith(base) ? (/^-([1-9]\d*)$/.exec(name.slice(base.length)) ?? []) : [];
  return number === undefined ? undefined : Number(number);
}

function shortHash(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

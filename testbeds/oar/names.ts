import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { OarSite } from "../../config/testbed/oar.ts";
import type { Owner } from "../../lib/owner.ts";

/** OAR's database stores 100 characters; the job's number is appended. */
const MAX_LENGTH = 90;

/**
 * The beginning of the names of all jobs of a stack, and of no other stack: OAR accepts several jobs of one name, and two
 * machines or checkouts of one user do not know each other's jobs.
 */
export function jobBase({ prefix, directory }: Owner, machine: string): string {
  return withDigest(prefix, `${machine}\0${directory}`);
}

/** The same, beginning with a name that the user chose: other stacks and checkouts may have chosen it too. */
export function namedJobBase(name: string, { prefix, directory }: Owner, machine: string): string {
  return withDigest(name, `${machine}\0${directory}\0${prefix}`);
}

function withDigest(name: string, text: string): string {
  const digest = shortHash(text, 8);
  return `${name.slice(0, MAX_LENGTH - digest.length - 1)}-${digest}`;
}

/** An OAR site and the names of a stack's jobs there. */
export interface StackSite extends OarSite {
  /** Begins the names of the stack's jobs there. */
  base: string;
}

/**
 * A site with the base of its jobs' names. It begins with `testbed.jobName` or the stack's name, and a hash of stack, machine and
 * checkout follows. Each of several sites has a different base, so that jobs are not mixed up if two sites turn out to be the
 * same OAR.
 */
export function stackSite(site: OarSite, owner: Owner): StackSite {
  const { name, settings, nodes } = site;
  const { jobName } = settings;
  const base =
    jobName === undefined ? jobBase(owner, machineId()) : namedJobBase(jobName, owner, machineId());
  return { name, settings, nodes, base: name === "" ? base : `${base}-${shortHash(name, 6)}` };
}

/** Puts the name of a site before a message if there are several sites. */
export function withSite({ name }: Pick<OarSite, "name">, text: string): string {
  return name === "" ? text : `${name}: ${text}`;
}

/** A permanent id of this machine; empty if there is none (then only the folder distinguishes stacks). */
export function machineId(file = "/etc/machine-id"): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** The name of a job. A stack that was scaled out has several jobs; each has a number from 1 on, its slot. */
export function slotName(base: string, slot: number): string {
  return `${base}-${slot}`;
}

/** The slot in a job's name; undefined if the job does not belong to this stack. */
export function slotOf(base: string, name: string): number | undefined {
  const [, number] = name.startsWith(base) ? (/^-([1-9]\d*)$/.exec(name.slice(base.length)) ?? []) : [];
  return number === undefined ? undefined : Number(number);
}

function shortHash(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

// What a node is, whatever testbed it is of.
import { z } from "zod";
import { isSubnet } from "../lib/addresses.ts";

/** What a node is mainly for; services are placed by it. `monitor` is what watches and stores, not what is measured. */
export const ROLES = ["broker", "agent", "monitor"] as const;
export type Role = (typeof ROLES)[number];

/** The most nodes a stack may have. */
export const MAX_NODES = 50;

export const role = z.enum(ROLES, `expected one of ${ROLES.join(", ")}`);
export const nodeName = z.string().regex(/^node[1-9]\d*$/, "nodes are named node1, node2, …");
export const subnet = z
  .string()
  .refine(isSubnet, { error: (issue) => `expected a network such as 10.20.30.0/24, got "${issue.input}"` });

/** What a node's link to the testbed's network does to what the node sends; at least one of them. */
export interface LinkSettings {
  /** How much later everything arrives. */
  delayMs?: number;
  /** Bits per second that it carries. */
  rate?: number;
  /** Share of the packets that is lost. */
  loss?: number;
}

/** One node as it is wanted, every default filled in. */
export interface NodeSettings {
  /** Its name here: node1 is the manager. */
  name: string;
  role: Role;
  /** Of the swarm's node, beside those that we set ourselves. */
  labels?: Record<string, string>;
  /** CPU limit, in CPUs; none where absent. */
  cpus?: number;
  /** Memory limit in MiB; none where absent. */
  memoryMiB?: number;
  /** How its link is shaped; not at all where absent. */
  network?: LinkSettings;
}

/** The manager watches; of the others, every second one carries brokers, so that load and broker grow together. */
export function defaultRole(index: number): Role {
  if (index === 0) return "monitor";
  return index % 2 === 1 ? "broker" : "agent";
}

/** Without the keys whose value is undefined, as `exactOptionalPropertyTypes` asks. */
export function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}

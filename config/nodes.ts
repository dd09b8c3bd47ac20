// What a node is, on every testbed.
import { z } from "zod";
import { wholeNumber } from "../contract/units.ts";
import { isSubnet } from "../lib/addresses.ts";

/** What a node is mainly for; services are placed by it. A `monitor` carries what watches and stores, and is not measured. */
export const ROLES = ["broker", "agent", "monitor"] as const;
export type Role = (typeof ROLES)[number];

/** The most nodes a stack may have. */
export const MAX_NODES = 50;

export const role = z.enum(ROLES, `expected one of ${ROLES.join(", ")}`);
export const nodeName = z.string().regex(/^node[1-9]\d*$/, "nodes are named node1, node2, …");
export const subnet = z
  .string()
  .refine(isSubnet, { error: (issue) => `expected a network such as 10.20.30.0/24, got "${issue.input}"` });

/** How a node's link shapes what the node sends; at least one of them is set. */
export interface LinkSettings {
  /** How much later everything arrives. */
  delayMs?: number;
  /** Bits per second that it carries. */
  rate?: number;
  /** Share of the packets that is lost. */
  loss?: number;
}

/** One node as the configuration wants it, complete. */
export interface NodeSettings {
  /** node1, the manager, node2, …. */
  name: string;
  role: Role;
  /** Labels of the swarm's node, beside those that the stack sets itself. */
  labels?: Record<string, string>;
  /** CPU limit, in CPUs; none where absent. */
  cpus?: number;
  /** Memory limit in MiB; none where absent. */
  memoryMiB?: number;
  /** How its link is shaped; not at all where absent. */
  network?: LinkSettings;
}

/** The manager monitors; the others are broker and agent in turn, so that load and brokers grow together. */
export function defaultRole(index: number): Role {
  if (index === 0) return "monitor";
  return index % 2 === 1 ? "broker" : "agent";
}

/** The same object without the keys whose value is undefined. */
export function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}

/** The configuration key `nodes`. */
export const nodesSchema = wholeNumber(1, MAX_NODES).optional().meta({
  description:
    "Number of nodes. `node1` is the swarm's manager. Change it and run `pulumi up` to scale: nodes join, or are drained and leave.",
  whenAbsent: "3; `ssh`: all hosts; `oar`: the nodes of all `sites`",
});

// Properties of nodes that all testbeds share.
import { z } from "zod";
import { wholeNumber } from "../contract/units.ts";
import { isSubnet } from "../lib/addresses.ts";

/** The purpose of a node, by which services are placed. A `monitor` runs the monitoring services and is not measured. */
export const ROLES = ["broker", "agent", "monitor"] as const;
/** The role of a node. */
export type Role = (typeof ROLES)[number];

/** Maximum number of nodes of a stack. */
export const MAX_NODES = 50;

/** Schema of a {@link Role}. */
export const role = z.enum(ROLES, `expected one of ${ROLES.join(", ")}`);
/** Schema of a node's name: node1, node2, … */
export const nodeName = z.string().regex(/^node[1-9]\d*$/, "nodes are named node1, node2, …");
/** Schema of a network in CIDR notation without host bits. */
export const subnet = z
  .string()
  .refine(isSubnet, { error: (issue) => `expected a network such as 10.20.30.0/24, got "${issue.input}"` });

/** Shaping of a node's link, for outgoing traffic. At least one field is set. */
export interface LinkSettings {
  /** Delay added to every packet, in ms. */
  delayMs?: number;
  /** Bandwidth in bits per second. */
  rate?: number;
  /** Share of packets that are dropped, 0 to 1. */
  loss?: number;
}

/** The configuration of one node, with all defaults filled in. */
export interface NodeSettings {
  /** node1 (the manager), node2, … */
  name: string;
  role: Role;
  /** Labels of the swarm node, in addition to those that the stack sets itself. */
  labels?: Record<string, string>;
  /** CPU limit, in CPUs. Default: none. */
  cpus?: number;
  /** Memory limit in MiB. Default: none. */
  memoryMiB?: number;
  /** Shaping of the node's link. Default: none. */
  network?: LinkSettings;
}

/** The default role of a node: the manager is the monitor, the others are alternately broker and agent. */
export function defaultRole(index: number): Role {
  if (index === 0) return "monitor";
  return index % 2 === 1 ? "broker" : "agent";
}

/** Returns the defaults, overridden by the fields of another object that are not undefined. */
export function withDefaults<T extends object, D extends object>(value: T, defaults: D): D & T {
  const given = Object.entries(value).filter(([, field]) => field !== undefined);
  return { ...defaults, ...Object.fromEntries(given) } as D & T;
}

/** The configuration key `nodes`. */
export const nodesSchema = wholeNumber(1, MAX_NODES).optional().meta({
  description:
    "Number of nodes. `node1` is the swarm's manager. To scale, change the number and run `pulumi up`: nodes join, or are drained and leave.",
  whenAbsent: "3; `ssh`: all hosts; `oar`: the nodes of all `sites`",
});

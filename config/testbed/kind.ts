// What every kind of testbed declares about itself.
import type { z } from "zod";
import { defaultRole, definedOnly, type NodeSettings } from "../nodes.ts";

/** What of the stack the settings of a testbed depend on. */
export interface StackScope {
  /** Begins the name of everything that the stack creates on a shared machine. */
  prefix: string;
  /** How many nodes the stack has. */
  count: number;
}

/**
 * A kind of testbed: the options of `testbed` with this `kind`, and what the components get of them.
 *
 * The component that turns the settings into nodes is `components/nodes/<kind>.ts`.
 */
export interface TestbedKind<S extends z.ZodType<{ kind: string }>, T extends { kind: string }> {
  /** The value of `testbed.kind`. */
  kind: NoInfer<T>["kind"];
  /** One sentence: which machines its nodes are. */
  summary: string;
  /** The page of docs/ that explains how to use it, if there is one. */
  page?: string;
  schema: S;
  /** Number of nodes where the configuration does not set `nodes`. */
  defaultNodes(parsed: z.output<S>): number;
  settings(parsed: z.output<S>, scope: StackScope): T;
  /** The stack's nodes, with what the configuration says of each. */
  nodes(parsed: z.output<S>, settings: NoInfer<T>, count: number): NodeSettings[];
  /** Errors beyond the form of each option, as lines of `path: what is wrong`. */
  errors(parsed: z.output<S>, settings: NoInfer<T>, count: number): string[];
  /** A network that the testbed takes, which must not overlap the swarm's own. */
  network(settings: NoInfer<T>): { name: string; cidr: string };
}

/** Declares a kind of testbed; it only helps the compiler to infer the types. */
export function defineKind<S extends z.ZodType<{ kind: string }>, T extends { kind: string }>(
  kind: TestbedKind<S, T>,
): TestbedKind<S, T> {
  return kind;
}

/** Number of nodes where neither `nodes` nor the testbed says one. */
export const DEFAULT_NODES = 3;

/** node1, node2, …, each with what is said of it; roles that are not given alternate. */
export function namedNodes(
  count: number,
  said: (
    name: string,
    index: number,
  ) => Pick<NodeSettings, "labels"> & { role?: NodeSettings["role"] } = () => ({}),
): NodeSettings[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `node${index + 1}`;
    const { role, labels } = said(name, index);
    return { name, role: role ?? defaultRole(index), ...definedOnly({ labels }) };
  });
}

/** An error for each name in `testbed.perNode` that no node has. */
export function perNodeErrors(perNode: Record<string, unknown>, count: number): string[] {
  const names = new Set(Array.from({ length: count }, (_, index) => `node${index + 1}`));
  return Object.keys(perNode)
    .filter((name) => !names.has(name))
    .map((name) => `swarmbench:testbed.perNode.${name}: there is no such node; swarmbench:nodes is ${count}`);
}

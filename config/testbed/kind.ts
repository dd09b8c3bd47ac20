// The descriptor of a kind of testbed.
import type { z } from "zod";
import { defaultRole, type NodeSettings } from "../nodes.ts";

/** Properties of the stack that a testbed's settings depend on. */
export interface StackScope {
  /** Starts the name of everything that the stack creates on a shared machine. */
  prefix: string;
  /** Number of the stack's nodes. */
  count: number;
}

/**
 * Describes a kind of testbed: the options of `testbed` with this `kind`, and the settings derived from them.
 *
 * The component that turns the settings into nodes is `components/nodes/<kind>.ts`.
 */
export interface TestbedKind<S extends z.ZodType<{ kind: string }>, T extends { kind: string }> {
  /** The value of `testbed.kind`. */
  kind: NoInfer<T>["kind"];
  /** What its nodes are, in one sentence. */
  summary: string;
  /** The page in docs/ that explains how to use it, if there is one. */
  page?: string;
  schema: S;
  /** Number of nodes if the configuration does not set `nodes`. */
  defaultNodes(parsed: z.output<S>): number;
  settings(parsed: z.output<S>, scope: StackScope): T;
  /** The stack's nodes with their settings. */
  nodes(parsed: z.output<S>, settings: NoInfer<T>, count: number): NodeSettings[];
  /** Errors that involve several options, as lines of `path: what is wrong`. */
  errors(parsed: z.output<S>, settings: NoInfer<T>, count: number): string[];
  /** A network of the testbed, which must not overlap the swarm's networks. */
  network(settings: NoInfer<T>): { name: string; cidr: string };
  /** The MTU of the network between the nodes, if every testbed of this kind has the same. */
  mtu?: number;
}

/** Declares a kind of testbed. It returns its argument and lets the compiler infer the types. */
export function defineKind<S extends z.ZodType<{ kind: string }>, T extends { kind: string }>(
  kind: TestbedKind<S, T>,
): TestbedKind<S, T> {
  return kind;
}

/** Number of nodes if neither `nodes` nor the testbed determines one. */
export const DEFAULT_NODES = 3;

/**
 * Returns node1, node2, … with their settings. Nodes without a role get the default one.
 *
 * @param optionsOf returns the configured options of a node
 */
export function namedNodes(
  count: number,
  optionsOf: (
    name: string,
    index: number,
  ) => Pick<NodeSettings, "labels"> & { role?: NodeSettings["role"] } = () => ({}),
): NodeSettings[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `node${index + 1}`;
    const { role, labels } = optionsOf(name, index);
    return { name, role: role ?? defaultRole(index), labels };
  });
}

/** Returns an error for each name in `testbed.perNode` that is not the name of a node. */
export function perNodeErrors(perNode: Record<string, unknown>, count: number): string[] {
  const names = new Set(Array.from({ length: count }, (_, index) => `node${index + 1}`));
  return Object.keys(perNode)
    .filter((name) => !names.has(name))
    .map(
      (name) =>
        `swarmbench:testbed.perNode.${name}: no such node; swarmbench:nodes is ${count}; raise it, or remove this entry`,
    );
}

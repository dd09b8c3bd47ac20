// Allocation of logical producers and consumers to agents.

/** The logical producers or consumers of one task: `count` consecutive ones, from number `first`. */
export interface Share {
  first: number;
  count: number;
}

/** Divides logical clients among tasks, in order and as evenly as possible. The first tasks get the remainder, one each. */
export function allocate(total: number, tasks: number): Share[] {
  const [smallest, remainder] = [Math.floor(total / tasks), total % tasks];
  return Array.from({ length: tasks }, (_, index) => ({
    first: index * smallest + Math.min(index, remainder),
    count: smallest + (index < remainder ? 1 : 0),
  }));
}

/** The distinct names in natural order: node2 before node10. */
export function inOrder(names: Iterable<string>): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** The agents on the first nodes, in natural order. @param nodes number of nodes; undefined: all */
export function onNodes<A extends { node: string }>(agents: readonly A[], nodes: number | undefined): A[] {
  const chosen = inOrder(agents.map(({ node }) => node)).slice(0, nodes);
  return agents.filter(({ node }) => chosen.includes(node));
}

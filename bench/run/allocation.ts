// Who of the agents does what: plain functions on plain data.

export interface Share {
  first: number;
  count: number;
}

/** Divides `total` logical clients among so many tasks, in one row, as evenly as can be. The first ones get the more. */
export function allocate(total: number, tasks: number): Share[] {
  const [least, more] = [Math.floor(total / tasks), total % tasks];
  return Array.from({ length: tasks }, (_, index) => ({
    first: index * least + Math.min(index, more),
    count: least + (index < more ? 1 : 0),
  }));
}

/** node2 before node10. */
export function inOrder(names: Iterable<string>): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** The agents on the first so many nodes of all that have one; all where nothing is said. */
export function onNodes<A extends { node: string }>(agents: readonly A[], nodes: number | undefined): A[] {
  const chosen = inOrder(agents.map(({ node }) => node)).slice(0, nodes);
  return agents.filter(({ node }) => chosen.includes(node));
}

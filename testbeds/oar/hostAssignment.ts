/**
 * Assigns machines to nodes. A machine that was a node before stays that node, so that its services and data stay too; the
 * other machines become the remaining nodes, in order.
 *
 * @param previous name of the previous machine of each node
 */
export function assignHosts<M extends { name: string }>(
  nodes: readonly string[],
  machines: readonly (M | undefined)[],
  previous: Readonly<Record<string, string>>,
): (M | undefined)[] {
  const unassigned = [...machines];
  const staying = nodes.map((node) => {
    const index = unassigned.findIndex((machine) => machine !== undefined && machine.name === previous[node]);
    return index < 0 ? undefined : unassigned.splice(index, 1)[0];
  });
  return staying.map((machine) => machine ?? unassigned.shift());
}

/** Describes the nodes that would move to another machine although their previous machine is still reserved, one text each. */
export function displacedNodes(
  nodes: readonly string[],
  assigned: readonly ({ name: string } | undefined)[],
  previous: Readonly<Record<string, string>>,
  reserved: ReadonlySet<string>,
): string[] {
  return nodes.flatMap((node, index) => {
    const [was, now] = [previous[node], assigned[index]?.name];
    return was !== undefined && now !== undefined && was !== now && reserved.has(was)
      ? [`${node} is ${was} and would become ${now}`]
      : [];
  });
}

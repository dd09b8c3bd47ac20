/**
 * Which machine is which node: one that was a node stays it, so that nothing on it has to become another's, and the others
 * come into the free places in their order.
 *
 * @param before which machine each node was
 */
export function places<M extends { name: string }>(
  nodes: readonly string[],
  machines: readonly (M | undefined)[],
  before: Readonly<Record<string, string>>,
): (M | undefined)[] {
  const left = [...machines];
  const stay = nodes.map((node) => {
    const index = left.findIndex((machine) => machine !== undefined && machine.name === before[node]);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  });
  return stay.map((machine) => machine ?? left.shift());
}

/** Nodes that would be other machines, while those that they were are still reserved, as sentences' beginnings. */
export function displaced(
  nodes: readonly string[],
  placed: readonly ({ name: string } | undefined)[],
  before: Readonly<Record<string, string>>,
  reserved: ReadonlySet<string>,
): string[] {
  return nodes.flatMap((node, index) => {
    const [was, now] = [before[node], placed[index]?.name];
    return was !== undefined && now !== undefined && was !== now && reserved.has(was)
      ? [`${node} is ${was}, and would be ${now}`]
      : [];
  });
}

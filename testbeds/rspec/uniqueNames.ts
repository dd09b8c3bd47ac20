export interface NamedNode {
  /** Unique over all manifests: its name in the manifest, with the testbed's appended if two nodes have the same. */
  name: string;
  /** Its name in its manifest (`client_id`). */
  clientId: string;
  file: string;
  /** The authority in its component manager's URN, such as `wall2.ilabt.iminds.be`. */
  testbed: string;
}

/**
 * Names nodes uniquely: two testbeds may each have a `node0`, which become `node0-wall2` and `node0-emulab`.
 *
 * @returns the nodes with their names, and `twins`, for which there is no unique name
 */
export function withUniqueNames<N extends NamedNode>(nodes: readonly N[]): { named: N[]; twins: N[] } {
  const candidates = nodes.map(({ clientId, testbed }) => {
    const short = testbed.replace(/^am\./, "").split(/[.:]/)[0];
    return [clientId, `${clientId}-${short}`, `${clientId}-${testbed.replace(/[^A-Za-z0-9-]/g, "-")}`];
  });
  const ids = new Set(nodes.map(({ clientId }) => clientId));
  // How many nodes have a name as their id, their short name and their long name.
  const counts = [0, 1, 2].map((index) => countOf(candidates.map((names) => names[index] ?? "")));
  const result = { named: [] as N[], twins: [] as N[] };
  for (const [index, node] of nodes.entries()) {
    const name = candidates[index]?.find(
      (each, length) => counts[length]?.get(each) === 1 && (length === 0 || !ids.has(each)),
    );
    if (name === undefined) result.twins.push(node);
    else result.named.push({ ...node, name });
  }
  return result;
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

import type { DocumentInterface, DocumentLink } from "./document.ts";

/** A link with the interface of each node on it, by the node's name. */
export interface NetworkLink {
  name: string;
  members: Map<string, DocumentInterface>;
}

/** A node with the interfaces that a link may name. */
interface LinkedNode {
  name: string;
  file: string;
  interfaces: readonly DocumentInterface[];
}

interface Member {
  node: string;
  interface: DocumentInterface;
}

/**
 * The links of all files with the nodes that are on them. A link that spans testbeds is in the manifest of each: links of
 * one name that share an interface are one link. Interfaces of nodes that are not used are skipped.
 */
export function joinLinks(links: readonly DocumentLink[], nodes: readonly LinkedNode[]): NetworkLink[] {
  const find = interfaceIndex(nodes);
  const joined: NetworkLink[] = [];
  const byInterface = new Map<DocumentInterface, NetworkLink>();
  for (const { file, name, interfaces } of links) {
    const members = interfaces.flatMap((each) => find(file, each) ?? []);
    const twin = members.map((each) => byInterface.get(each.interface)).find((each) => each?.name === name);
    const link = twin ?? { name, members: new Map() };
    if (!twin) joined.push(link);
    for (const member of members) {
      if (!link.members.has(member.node)) link.members.set(member.node, member.interface);
      byInterface.set(member.interface, link);
    }
  }
  return joined;
}

/** Finds an interface by its name in the link's own file, or else in any file. */
function interfaceIndex(nodes: readonly LinkedNode[]) {
  const byFile = new Map<string, Member>();
  const byName = new Map<string, Member>();
  for (const node of nodes) {
    for (const each of node.interfaces) {
      if (each.name === "") continue;
      const member = { node: node.name, interface: each };
      byFile.set(`${node.file}\n${each.name}`, member);
      if (!byName.has(each.name)) byName.set(each.name, member);
    }
  }
  return (file: string, name: string): Member | undefined =>
    byFile.get(`${file}\n${name}`) ?? byName.get(name);
}

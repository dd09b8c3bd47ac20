import type { DocumentInterface, DocumentLink } from "./document.ts";
import { shown } from "./errors.ts";

/** A link with the nodes that are on it, by name. */
export interface NetworkLink {
  name: string;
  members: Map<string, DocumentInterface>;
}

interface LinkedNode {
  name: string;
  file: string;
  interfaces: DocumentInterface[];
}

/**
 * The links of all files with the nodes that are on them. A link that spans testbeds is in the manifest of each: links of
 * one name that share an interface are one.
 *
 * @param known the interfaces of all nodes, also of those that are left out: a link may name these
 */
export function joinLinks(
  links: DocumentLink[],
  nodes: LinkedNode[],
  known: DocumentInterface[],
): { links: NetworkLink[]; notes: string[] } {
  const find = interfaceIndex(nodes);
  const knownNames = new Set(known.flatMap(({ name, sliver }) => [name, sliver]));
  const notes: string[] = [];
  const joined: NetworkLink[] = [];
  const byMember = new Map<DocumentInterface, NetworkLink>();
  for (const link of links) {
    const members: Member[] = [];
    for (const { name, sliver } of link.interfaces) {
      const member = find(link.file, name, sliver);
      if (member) members.push(member);
      else if (![name, sliver].some((each) => each !== undefined && knownNames.has(each))) {
        const missing = shown(name ?? sliver ?? "");
        notes.push(`${link.file}: link ${shown(link.name)} names an interface ${missing} that no node has`);
      }
    }
    const twin = members.map((each) => byMember.get(each.interface)).find((each) => each?.name === link.name);
    const target = twin ?? { name: link.name, members: new Map() };
    if (!twin) joined.push(target);
    for (const member of members) {
      if (!target.members.has(member.node)) target.members.set(member.node, member.interface);
      byMember.set(member.interface, target);
    }
  }
  return { links: joined, notes };
}

interface Member {
  node: string;
  interface: DocumentInterface;
}

/** Finds an interface by its sliver, by its name in the link's own file, or by its name in any file, in this order. */
function interfaceIndex(nodes: LinkedNode[]) {
  const bySliver = new Map<string, Member>();
  const byFile = new Map<string, Member>();
  const byName = new Map<string, Member>();
  for (const node of nodes) {
    for (const each of node.interfaces) {
      const member = { node: node.name, interface: each };
      if (each.sliver !== undefined) bySliver.set(each.sliver, member);
      if (each.name === undefined) continue;
      byFile.set(`${node.file}\n${each.name}`, member);
      if (!byName.has(each.name)) byName.set(each.name, member);
    }
  }
  return (file: string, name = "", sliver = ""): Member | undefined =>
    bySliver.get(sliver) ?? byFile.get(`${file}\n${name}`) ?? byName.get(name);
}

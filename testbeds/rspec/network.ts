import { isIPv4 } from "node:net";
import type { DocumentInterface, DocumentLink } from "./document.ts";
import { shown } from "./errors.ts";
import { networkOf } from "./values.ts";

/** Over which of their addresses the nodes talk to each other. */
export type DataNetwork =
  /** A link that the manifest names. */
  | { kind: "link"; name: string; subnet?: string }
  /** One network on which every node has an interface, though no link says so. */
  | { kind: "interfaces"; subnet: string }
  /** That over which the testbed lets one log in. */
  | { kind: "control" };

/** Asks for the network over which the testbed lets one log in, in the place of a link's name. */
export const CONTROL = "control";

/** A node, as far as the network is concerned. */
export interface NetworkNode {
  /** Unique. */
  name: string;
  testbed: string;
  interfaces: DocumentInterface[];
  /** Its address on the control network, where the manifest tells it. */
  controlAddress?: string;
}

/** A link with the nodes that are on it, by name. */
export interface NetworkLink {
  name: string;
  members: Map<string, DocumentInterface>;
}

export interface NetworkChoice {
  /** Absent where there are mistakes. */
  network?: DataNetwork;
  /** Of each node, by name; only on the control network may a node have none that is known. */
  addresses: Map<string, string>;
  mistakes: { node?: string; text: string }[];
  notes: string[];
}

interface Place {
  address: string;
  bits?: number;
}

/**
 * Chooses the network between the nodes: the one link that all are on, unless `wanted` names another or `control`.
 * Where there is a choice, it is the user's: traffic that takes the wrong network is measured on the wrong network.
 */
export function chooseNetwork(nodes: NetworkNode[], links: NetworkLink[], wanted?: string): NetworkChoice {
  if (wanted === CONTROL) return control(nodes, []);
  if (wanted !== undefined) {
    const named = links.filter((link) => link.name === wanted);
    const whole = named.filter((it) => nodes.every((node) => it.members.has(node.name)));
    const [link] = whole.length > 0 ? whole : named;
    if (!link) return refuse([{ text: `there is no link ${shown(wanted)}; ${linkList(links)}` }]);
    if (whole.length > 1) return refuse([{ text: `${whole.length} links are named ${shown(wanted)}` }]);
    return onLink(nodes, link);
  }
  const reaching = links.filter((link) => nodes.every((node) => link.members.has(node.name)));
  const usable = reaching.filter((link) => nodes.some((node) => placeOn(node, link)));
  const [only, second] = usable;
  if (only && !second) return onLink(nodes, only);
  if (second) {
    if (nodes.length === 1) return control(nodes, []);
    return refuse([
      { text: `all nodes are on several links, ${names(usable)}: name one as the data network` },
    ]);
  }
  const [bare] = reaching;
  if (bare && nodes.length > 1) {
    const text = `link ${shown(bare.name)} is between all nodes but gives them no IPv4 addresses: have them in the request (npm run rspec), or name "${CONTROL}" as the data network`;
    return refuse([{ text }]);
  }
  return withoutLink(nodes, links);
}

function withoutLink(nodes: NetworkNode[], links: NetworkLink[]): NetworkChoice {
  if (nodes.length === 1) return control(nodes, []);
  const testbeds = new Set(nodes.map((node) => node.testbed));
  if (testbeds.size > 1) {
    return control(nodes, [
      `no link is between the nodes of ${[...testbeds].join(" and ")}: they talk over their control networks`,
    ]);
  }
  const between = links.filter((link) => link.members.size > 1);
  if (between.length > 0) {
    const text = `no link is between all nodes; ${linkList(between)}. Put all on one LAN (npm run rspec makes such a request), or name "${CONTROL}" as the data network`;
    return refuse([{ text }]);
  }
  const shared = sharedSubnets(nodes);
  const [subnet, another] = shared;
  if (subnet && !another)
    return distinct(nodes, { kind: "interfaces", subnet: subnet.name }, subnet.addresses, []);
  if (another) {
    const text = `all nodes have addresses in several networks, ${shared.map(({ name }) => name).join(" and ")}, and no link tells which is the data network: name "${CONTROL}", or have a link in the request`;
    return refuse([{ text }]);
  }
  return control(nodes, ["the manifest has no link: the nodes talk over the control network"]);
}

function onLink(nodes: NetworkNode[], link: NetworkLink): NetworkChoice {
  const mistakes: NetworkChoice["mistakes"] = [];
  const places = new Map<string, Place>();
  for (const node of nodes) {
    const place = placeOn(node, link);
    if (place) places.set(node.name, place);
    else if (link.members.has(node.name)) {
      mistakes.push({ node: node.name, text: `has no IPv4 address on link ${shown(link.name)}` });
    } else mistakes.push({ node: node.name, text: `is not on link ${shown(link.name)}` });
  }
  const subnets = new Set(
    [...places.values()].flatMap(({ address, bits }) => (bits ? networkOf(address, bits) : [])),
  );
  if (subnets.size > 1) {
    mistakes.push({
      text: `on link ${shown(link.name)} are addresses of several networks: ${[...subnets].join(", ")}`,
    });
  }
  if (mistakes.length > 0) return refuse(mistakes);
  const [subnet] = subnets;
  const addresses = new Map([...places].map(([name, { address }]) => [name, address]));
  return distinct(nodes, { kind: "link", name: link.name, subnet: subnet || undefined }, addresses, []);
}

function control(nodes: NetworkNode[], notes: string[]): NetworkChoice {
  const addresses = new Map<string, string>();
  const unknown: string[] = [];
  for (const { name, controlAddress } of nodes) {
    if (controlAddress === undefined) unknown.push(name);
    else addresses.set(name, controlAddress);
  }
  if (unknown.length > 0) {
    notes.push(
      `the manifest does not tell the control network's address of ${unknown.join(", ")}: ask the machines`,
    );
  }
  return distinct(nodes, { kind: "control" }, addresses, notes);
}

/** Two machines of one address are one to the others: as behind a testbed's gateway, each with its own SSH port. */
function distinct(
  nodes: NetworkNode[],
  network: DataNetwork,
  addresses: Map<string, string>,
  notes: string[],
): NetworkChoice {
  const owners = new Map<string, string[]>();
  for (const { name } of nodes) {
    const address = addresses.get(name);
    if (address) owners.set(address, [...(owners.get(address) ?? []), name]);
  }
  const mistakes = [...owners]
    .filter(([, names]) => names.length > 1)
    .map(([address, names]) => ({
      text: `${names.join(" and ")} have one address, ${address}${network.kind === "control" ? ": they are behind a gateway, and need a link between them" : ""}`,
    }));
  return mistakes.length > 0 ? refuse(mistakes) : { network, addresses, mistakes, notes };
}

function placeOn(node: NetworkNode, link: NetworkLink): Place | undefined {
  return link.members.get(node.name)?.addresses.find(({ type }) => type === "ipv4");
}

function sharedSubnets(nodes: NetworkNode[]): { name: string; addresses: Map<string, string> }[] {
  const subnets = new Map<string, Map<string, string>>();
  for (const node of nodes) {
    for (const { address, bits } of node.interfaces.flatMap((it) => it.addresses)) {
      if (bits === undefined || !isIPv4(address)) continue;
      const subnet = networkOf(address, bits);
      const addresses = subnets.get(subnet) ?? new Map<string, string>();
      if (!addresses.has(node.name)) subnets.set(subnet, addresses.set(node.name, address));
    }
  }
  return [...subnets]
    .filter(([, addresses]) => addresses.size === nodes.length)
    .map(([name, addresses]) => ({ name, addresses }));
}

function refuse(mistakes: NetworkChoice["mistakes"]): NetworkChoice {
  return { addresses: new Map(), mistakes, notes: [] };
}

function names(links: NetworkLink[]): string {
  return links
    .slice(0, 10)
    .map((link) => shown(link.name))
    .join(" and ");
}

function linkList(links: NetworkLink[]): string {
  if (links.length === 0) return "the manifest has none";
  return links
    .slice(0, 10)
    .map(
      (link) =>
        `${shown(link.name)} is between ${[...link.members.keys()].slice(0, 10).join(", ") || "none"}`,
    )
    .join("; ");
}

/**
 * The links of all files with the nodes that are on them. A link that spans testbeds stands in the manifest of each: those
 * that share an interface are one.
 */
export function joinLinks(
  links: DocumentLink[],
  nodes: { name: string; file: string; interfaces: DocumentInterface[] }[],
  /** Names and slivers of all interfaces, also those of nodes that are left out. */
  known: ReadonlySet<string>,
): { links: NetworkLink[]; notes: string[] } {
  type Owned = { node: string; interface: DocumentInterface };
  const byName = new Map<string, Owned>();
  const bySliver = new Map<string, Owned>();
  for (const node of nodes) {
    for (const found of node.interfaces) {
      const owned = { node: node.name, interface: found };
      if (found.sliver !== undefined) bySliver.set(found.sliver, owned);
      if (found.name !== undefined) {
        // A name is unique in its file; another file's interface of that name is meant where this one has none.
        byName.set(`${node.file}\n${found.name}`, owned);
        if (!byName.has(found.name)) byName.set(found.name, owned);
      }
    }
  }
  const notes: string[] = [];
  const joined: NetworkLink[] = [];
  const byMember = new Map<DocumentInterface, NetworkLink>();
  for (const link of links) {
    const found: Owned[] = [];
    for (const ref of link.interfaces) {
      const owned =
        (ref.sliver === undefined ? undefined : bySliver.get(ref.sliver)) ??
        (ref.name === undefined
          ? undefined
          : (byName.get(`${link.file}\n${ref.name}`) ?? byName.get(ref.name)));
      if (owned) found.push(owned);
      else if (![ref.name, ref.sliver].some((name) => name !== undefined && known.has(name))) {
        notes.push(
          `${link.file}: link ${shown(link.name)} names an interface ${shown(ref.name ?? ref.sliver ?? "")} that no node has`,
        );
      }
    }
    const twin = found
      .map((owned) => byMember.get(owned.interface))
      .find((joint) => joint?.name === link.name);
    const target = twin ?? { name: link.name, members: new Map<string, DocumentInterface>() };
    if (!twin) joined.push(target);
    for (const owned of found) {
      if (!target.members.has(owned.node)) target.members.set(owned.node, owned.interface);
      byMember.set(owned.interface, target);
    }
  }
  return { links: joined, notes };
}

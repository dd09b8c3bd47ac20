import type { DocumentInterface } from "./document.ts";
import { shown } from "./errors.ts";
import type { NetworkLink } from "./links.ts";
import { networkOf } from "./values.ts";

/** The network over which the nodes talk to each other. */
export type DataNetwork =
  /** A link that the manifest names. */
  | { kind: "link"; name: string; subnet?: string }
  /** One network on which every node has an interface, although no link says so. */
  | { kind: "interfaces"; subnet: string }
  /** The network over which the testbed lets users log in. */
  | { kind: "control" };

/** Chooses the network over which the testbed lets users log in, in place of a link's name. */
export const CONTROL = "control";

/** A node, as far as the network is concerned. */
export interface NetworkNode {
  /** Unique. */
  name: string;
  testbed: string;
  interfaces: DocumentInterface[];
  /** Its address on the control network, if the manifest tells it. */
  controlAddress?: string;
}

/** The chosen network, or errors. */
export interface NetworkChoice {
  network?: DataNetwork;
  /** Of each node, by name; only on the control network may one be unknown. */
  addresses: Map<string, string>;
  errors: { node?: string; text: string }[];
  notes: string[];
}

/**
 * Chooses the network between the nodes: the only link that all are on, unless `wanted` names another or `control`. If there
 * are several the user has to choose: otherwise a run might measure the wrong network.
 */
export function chooseNetwork(nodes: NetworkNode[], links: NetworkLink[], wanted?: string): NetworkChoice {
  if (wanted === CONTROL) return onControl(nodes);
  const spansAll = (link: NetworkLink) => nodes.every(({ name }) => link.members.has(name));
  if (wanted !== undefined) {
    const named = links.filter((link) => link.name === wanted);
    const whole = named.filter(spansAll);
    const [link] = whole.length > 0 ? whole : named;
    if (!link) return refuse(`there is no link ${shown(wanted)}; ${linkList(links)}`);
    if (whole.length > 1) return refuse(`${whole.length} links are named ${shown(wanted)}`);
    return onLink(nodes, link);
  }
  const spanning = links.filter(spansAll);
  const usable = spanning.filter((link) => nodes.some(({ name }) => link.members.get(name)?.addresses[0]));
  const [only] = usable;
  if (only && usable.length === 1) return onLink(nodes, only);
  if (nodes.length === 1) return onControl(nodes);
  if (only) {
    const names = usable.slice(0, 10).map((link) => shown(link.name));
    return refuse(`all nodes are on several links, ${names.join(" and ")}: name one as the data network`);
  }
  const [bare] = spanning;
  if (bare) {
    return refuse(
      `link ${shown(bare.name)} is between all nodes but gives them no IPv4 addresses: have them in the request (npm run rspec), or name "${CONTROL}" as the data network`,
    );
  }
  return withoutLink(nodes, links);
}

function withoutLink(nodes: NetworkNode[], links: NetworkLink[]): NetworkChoice {
  const testbeds = new Set(nodes.map((node) => node.testbed));
  if (testbeds.size > 1) {
    const names = [...testbeds].join(" and ");
    return onControl(
      nodes,
      `no link is between the nodes of ${names}: they talk over their control networks`,
    );
  }
  const between = links.filter((link) => link.members.size > 1);
  if (between.length > 0) {
    return refuse(
      `no link is between all nodes; ${linkList(between)}. Put all on one LAN (npm run rspec makes such a request), or name "${CONTROL}" as the data network`,
    );
  }
  const shared = sharedSubnets(nodes);
  const [only] = shared;
  if (only && shared.length === 1) {
    const [subnet, addresses] = only;
    return distinct(nodes, { kind: "interfaces", subnet }, addresses, []);
  }
  if (only) {
    const subnets = shared.map(([subnet]) => subnet).join(" and ");
    return refuse(
      `all nodes have addresses in several networks, ${subnets}, and no link tells which is the data network: name "${CONTROL}", or have a link in the request`,
    );
  }
  return onControl(nodes, "the manifest has no link: the nodes talk over the control network");
}

function onLink(nodes: NetworkNode[], link: NetworkLink): NetworkChoice {
  const errors: NetworkChoice["errors"] = [];
  const addresses = new Map<string, string>();
  const subnets = new Set<string>();
  for (const { name } of nodes) {
    const member = link.members.get(name);
    const [first] = member?.addresses ?? [];
    if (first) {
      addresses.set(name, first.address);
      if (first.bits) subnets.add(networkOf(first.address, first.bits));
    } else {
      const text = member ? "has no IPv4 address on link" : "is not on link";
      errors.push({ node: name, text: `${text} ${shown(link.name)}` });
    }
  }
  if (subnets.size > 1) {
    errors.push({
      text: `on link ${shown(link.name)} are addresses of several networks: ${[...subnets].join(", ")}`,
    });
  }
  if (errors.length > 0) return { addresses: new Map(), errors, notes: [] };
  const [subnet] = subnets;
  return distinct(nodes, { kind: "link", name: link.name, subnet }, addresses, []);
}

function onControl(nodes: NetworkNode[], ...notes: string[]): NetworkChoice {
  const addresses = new Map<string, string>();
  const unknown: string[] = [];
  for (const { name, controlAddress } of nodes) {
    if (controlAddress === undefined) unknown.push(name);
    else addresses.set(name, controlAddress);
  }
  if (unknown.length > 0) {
    const names = unknown.join(", ");
    notes.push(`the manifest does not tell the control network's address of ${names}: ask the machines`);
  }
  return distinct(nodes, { kind: "control" }, addresses, notes);
}

/** Refuses machines that share an address, as behind a testbed's gateway where each has its own SSH port. */
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
  const hint = network.kind === "control" ? ": they are behind a gateway, and need a link between them" : "";
  const errors = [...owners]
    .filter(([, names]) => names.length > 1)
    .map(([address, names]) => `${names.join(" and ")} have one address, ${address}${hint}`);
  return errors.length > 0 ? refuse(...errors) : { network, addresses, errors: [], notes };
}

function sharedSubnets(nodes: NetworkNode[]): [subnet: string, addresses: Map<string, string>][] {
  const subnets = new Map<string, Map<string, string>>();
  for (const node of nodes) {
    for (const { address, bits } of node.interfaces.flatMap((each) => each.addresses)) {
      if (bits === undefined) continue;
      const subnet = networkOf(address, bits);
      const addresses = subnets.get(subnet) ?? new Map<string, string>();
      if (!addresses.has(node.name)) subnets.set(subnet, addresses.set(node.name, address));
    }
  }
  return [...subnets].filter(([, addresses]) => addresses.size === nodes.length);
}

function refuse(...texts: string[]): NetworkChoice {
  return { addresses: new Map(), errors: texts.map((text) => ({ text })), notes: [] };
}

function linkList(links: NetworkLink[]): string {
  if (links.length === 0) return "the manifest has none";
  return links
    .slice(0, 10)
    .map(({ name, members }) => {
      const nodes = [...members.keys()].slice(0, 10).join(", ") || "none";
      return `${shown(name)} is between ${nodes}`;
    })
    .join("; ");
}

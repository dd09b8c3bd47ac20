import { quoteForeign } from "../../lib/hostNames.ts";
import type { DocumentInterface } from "./document.ts";
import type { NetworkLink } from "./links.ts";

/** The network over which the nodes talk to each other: a link of the manifest, or the network over which users log in. */
export type DataNetwork = { kind: "link"; name: string } | { kind: "control" };

/** Value of `testbed.dataNetwork` that chooses the network over which users log in, instead of a link's name. */
const CONTROL = "control";

/** The fields of a node on which the choice of the network depends. */
export interface NetworkNode {
  /** Unique. */
  name: string;
  testbed: string;
  interfaces: readonly DocumentInterface[];
  /** Its address on the control network, if the manifest has it. */
  controlAddress?: string;
}

/** The chosen network, or errors. */
export interface NetworkChoice {
  network?: DataNetwork;
  /** Address of each node on the network, by name. On the control network an address may be missing. */
  addresses: Map<string, string>;
  /** Nodes that are not on the network, with the reason. */
  left: Map<string, string>;
  errors: string[];
  notes: string[];
}

/**
 * Chooses the network between the nodes: `wanted`, or else the link that gives most nodes an address, across all testbeds.
 * If two links have equally many nodes the user has to choose, because a run might measure the wrong network. Nodes that are
 * not on the link are left out.
 */
export function chooseNetwork(
  nodes: readonly NetworkNode[],
  links: readonly NetworkLink[],
  wanted?: string,
): NetworkChoice {
  if (wanted === CONTROL) return onControl(nodes);
  const testbeds = new Map(nodes.map(({ name, testbed }) => [name, testbed]));
  const count = new Set(testbeds.values()).size;
  const candidates =
    wanted === undefined
      ? links.filter(
          ({ members }) =>
            members.size > 1 && new Set([...members.keys()].map((name) => testbeds.get(name))).size === count,
        )
      : links.filter(({ name, members }) => name === wanted && members.size > 0);
  const most = Math.max(0, ...candidates.map(addressCount));
  const [best, ...ties] = candidates.filter((link) => addressCount(link) === most);
  if (best && ties.length > 0 && most > 0) {
    const names = [best, ...ties].slice(0, 10).map(({ name }) => quoteForeign(name));
    return refuse(
      `${names.join(" and ")} connect equally many nodes: name one in testbed.dataNetwork, or "${CONTROL}"`,
    );
  }
  if (best && most > (wanted === undefined ? 1 : 0)) return onLink(nodes, best);
  if (best) {
    return refuse(
      `link ${quoteForeign(best.name)} has no IPv4 addresses: request them (npm run rspec), or set testbed.dataNetwork to "${CONTROL}"`,
    );
  }
  if (wanted !== undefined) {
    return refuse(`there is no link ${quoteForeign(wanted)} between the nodes; ${describeLinks(links)}`);
  }
  if (nodes.length === 1) return onControl(nodes);
  const where = count > 1 ? `nodes of ${[...new Set(testbeds.values())].join(" and ")}` : "nodes";
  return onControl(nodes, `no link connects the ${where}: they use the control network`);
}

const addressCount = ({ members }: NetworkLink) =>
  [...members.values()].filter(({ address }) => address !== undefined).length;

function onLink(nodes: readonly NetworkNode[], { name: link, members }: NetworkLink): NetworkChoice {
  const addresses = new Map<string, string>();
  const left = new Map<string, string>();
  for (const { name } of nodes) {
    const member = members.get(name);
    if (member?.address !== undefined) addresses.set(name, member.address);
    else left.set(name, `${member ? "has no IPv4 address" : "is not"} on link ${quoteForeign(link)}`);
  }
  return distinct({ network: { kind: "link", name: link }, addresses, left, errors: [], notes: [] });
}

function onControl(nodes: readonly NetworkNode[], ...notes: string[]): NetworkChoice {
  const addresses = new Map<string, string>();
  for (const { name, controlAddress } of nodes) {
    if (controlAddress !== undefined) addresses.set(name, controlAddress);
  }
  const unknown = nodes.map(({ name }) => name).filter((name) => !addresses.has(name));
  if (unknown.length > 0) {
    notes.push(
      `the manifest has no control network address of ${unknown.join(", ")}: the machines are asked`,
    );
  }
  return distinct({ network: { kind: "control" }, addresses, left: new Map(), errors: [], notes });
}

/** Rejects machines that share an address, as they do behind a gateway that gives each one its own SSH port. */
function distinct(choice: NetworkChoice): NetworkChoice {
  const owners = new Map<string, string[]>();
  for (const [name, address] of choice.addresses) {
    const names = owners.get(address);
    if (names) names.push(name);
    else owners.set(address, [name]);
  }
  const shared = [...owners].filter(([, names]) => names.length > 1);
  if (shared.length === 0) return choice;
  const hint = choice.network?.kind === "control" ? ": they are behind a gateway and need a link" : "";
  return refuse(
    ...shared.map(([address, names]) => `${names.join(" and ")} have the same address, ${address}${hint}`),
  );
}

function refuse(...errors: string[]): NetworkChoice {
  return { addresses: new Map(), left: new Map(), errors, notes: [] };
}

function describeLinks(links: readonly NetworkLink[]): string {
  const connecting = links.filter(({ members }) => members.size > 0).slice(0, 10);
  if (connecting.length === 0) return "the manifest has none";
  return connecting
    .map(
      ({ name, members }) =>
        `${quoteForeign(name)} is between ${[...members.keys()].slice(0, 10).join(", ")}`,
    )
    .join("; ");
}

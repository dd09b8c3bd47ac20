import { isIPv4 } from "node:net";
import {
  type DocumentHost,
  type DocumentInterface,
  type DocumentNode,
  type RspecDocument,
  readDocument,
} from "./document.ts";
import { type Mistake, RspecError, shown } from "./errors.ts";
import { chooseLogin, type Login } from "./logins.ts";
import { chooseNetwork, type DataNetwork, joinLinks } from "./network.ts";
import { authorityOf, definedOnly } from "./values.ts";

/** A manifest as jFed saves it. */
export interface RspecFile {
  /** For messages. */
  name: string;
  text: string;
}

export interface RspecOptions {
  /** Whose logins are used. @default the first login of each node that takes keys */
  user?: string;
  /** A link's name, or `control`: the network that the testbed lets one log in over. @default the one link all nodes are on */
  dataNetwork?: string;
  /** Manifests whose reservation ended before it are remarked on. @default nothing is remarked on */
  now?: Date;
}

/** A machine that is reserved and can be logged in to. */
export interface RspecNode {
  /** Unique over all manifests: its name in the manifest, with the testbed's where two have the same. */
  name: string;
  /** Its name in its manifest (`client_id`). */
  clientId: string;
  file: string;
  /** Where it stands: the authority in its component manager's URN, such as `wall2.ilabt.iminds.be`. */
  testbed: string;
  /** URN of its component manager. */
  manager?: string;
  /** URN of the machine. */
  component?: string;
  /** URN of its reservation. */
  sliver?: string;
  sliverType?: string;
  hardwareType?: string;
  image?: string;
  /** Nobody else is on the machine. */
  exclusive?: boolean;
  /** When its reservation was to end when the manifest was saved, as it is written there. */
  expires?: string;
  login: Login;
  hosts: DocumentHost[];
  interfaces: DocumentInterface[];
  /** IPv4 address on the data network. Absent only on the control network, where the manifest does not tell it. */
  address?: string;
}

export interface RspecTestbed {
  /** In the order of their names, numbers by their value: node2 comes before node10. */
  nodes: RspecNode[];
  /** Absent where it could not be chosen: then there are mistakes. */
  network?: DataNetwork;
  /** What was left out or decided, and why: a line each. */
  notes: string[];
}

export interface RspecInspection extends RspecTestbed {
  /** Nodes that cannot be used, each with all that is wrong with it: where that is allowed, the others do without them. */
  rejected: { name: string; file: string; mistakes: string[] }[];
  /** What is wrong with a whole file, or with the network. */
  mistakes: Mistake[];
}

/**
 * Reads the manifests of one testbed or several as one set of machines.
 *
 * @throws RspecError with every mistake of all files
 */
export function readManifests(
  files: RspecFile[],
  options: RspecOptions = {},
): RspecTestbed & { network: DataNetwork } {
  const { rejected, mistakes, network, ...testbed } = inspectManifests(files, options);
  const all = [
    ...mistakes,
    ...rejected.flatMap((node) => node.mistakes.map((text) => ({ file: node.file, node: node.name, text }))),
  ];
  if (all.length > 0 || !network) throw new RspecError(all);
  return { ...testbed, network };
}

/** Like {@link readManifests}, for who can do without some of the nodes: never throws, says what is wrong with which. */
export function inspectManifests(files: RspecFile[], options: RspecOptions = {}): RspecInspection {
  const documents = files.map(({ name, text }) => readDocument(name, text));
  const mistakes = documents.flatMap((document) => document.mistakes);
  if (files.length === 0) mistakes.push({ file: "", text: "no manifest is given" });
  const notes: string[] = [];
  const rejected: RspecInspection["rejected"] = [];

  const read = documents.filter((document) => {
    if (document.mistakes.length > 0) return false;
    if (document.nodes.some(isReserved)) return true;
    mistakes.push({ file: document.file, text: whyNothingIsReserved(document) });
    return false;
  });
  const nodes: RspecNode[] = [];
  for (const candidates of sameNodes(read.flatMap((document) => document.nodes))) {
    const result = settle(candidates, options.user);
    const at = ({ file, name }: DocumentNode) => `${file}: ${name}: `;
    notes.push(...result.notes.map((note) => `${at(result.node)}${note}`));
    if ("mistakes" in result) {
      rejected.push({ name: result.node.name, file: result.node.file, mistakes: result.mistakes });
    } else nodes.push(asNode(result.node, result.login));
  }
  const named = withUniqueNames(nodes, rejected).sort((a, b) => byName.compare(a.name, b.name));
  notes.push(...expiryNotes(named, options.now));
  const inspection = { nodes: named, rejected, mistakes, notes };
  return named.length === 0
    ? inspection
    : { ...inspection, ...withNetwork(inspection, read, options.dataNetwork) };
}

const byName = new Intl.Collator("en", { numeric: true });

function isReserved(node: DocumentNode): boolean {
  return node.sliver !== undefined || node.logins.length > 0;
}

function whyNothingIsReserved({ type }: RspecDocument): string {
  return type === "request"
    ? "is a request: nothing in it is reserved. Run it in jFed, wait until it is ready, and save its manifest"
    : "has no node that is reserved: no sliver and no login. Wait until jFed shows all as ready, then save the manifest again";
}

/** What stands for one machine, in one file or several: aggregates repeat what was asked of others, users load a file twice. */
function sameNodes(nodes: DocumentNode[]): [DocumentNode, ...DocumentNode[]][] {
  const groups = new Map<string, [DocumentNode, ...DocumentNode[]]>();
  for (const node of nodes) {
    const key = `${node.name}\n${node.manager ?? ""}`;
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
}

type Settled = { node: DocumentNode; notes: string[] } & ({ login: Login } | { mistakes: string[] });

/** Of what stands for one machine, the one that counts, with its login; or all that is wrong with it. */
function settle(candidates: [DocumentNode, ...DocumentNode[]], user: string | undefined): Settled {
  const reserved = candidates.filter(isReserved);
  const choices = reserved.map((same) => ({ node: same, choice: chooseLogin(same, user) }));
  // A manifest that was saved too early has the sliver, and no login yet.
  const entered = choices.filter(({ choice }) => "login" in choice);
  const node = entered[0]?.node ?? reserved[0] ?? candidates[0];
  const notes = [...node.notes];
  const mistakes = [...node.mistakes];
  const slivers = [...new Set(reserved.map(({ sliver }) => sliver).filter((sliver) => sliver !== undefined))];
  const logins = new Set(entered.map(({ choice }) => JSON.stringify("login" in choice && choice.login)));
  if (slivers.length > 1) {
    const several = slivers.slice(0, 5).map(shown).join(", ");
    mistakes.push(`stands there more than once, for different machines: ${several}`);
  } else if (logins.size > 1) {
    const files = [...new Set(entered.map(({ node: { file } }) => file))].join(" and ");
    mistakes.push(`stands in ${files} with different logins: leave out the older manifest`);
  } else if (reserved.length > 1) notes.push("stands there more than once: taken once");
  if (node.status && !node.status.ready) {
    mistakes.push(
      `is not ready: its state is ${node.status.text}; wait until jFed shows it as ready, then save the manifest again`,
    );
  }
  const choice = chooseLogin(node, user);
  if ("login" in choice) {
    notes.push(...choice.notes);
    return mistakes.length > 0 ? { node, notes, mistakes } : { node, notes, login: choice.login };
  }
  // One reason is enough: what is not ready has no login yet.
  if (!node.status || node.status.ready) mistakes.push(choice.why);
  return { node, notes, mistakes };
}

function asNode(node: DocumentNode, login: Login): RspecNode {
  const { file, name, manager, component, sliver, sliverType, hardwareType, image, exclusive, expires } =
    node;
  return {
    name,
    clientId: name,
    file,
    testbed: authorityOf(manager) ?? domainOf(login.host) ?? file,
    ...definedOnly({ manager, component, sliver, sliverType, hardwareType, image, exclusive, expires }),
    login,
    hosts: node.hosts,
    interfaces: node.interfaces,
  };
}

/** Where nothing says which testbed it is. */
function domainOf(host: string): string | undefined {
  return isIPv4(host) || host.includes(":") ? undefined : /^[^.]+\.(.+\..+?)\.?$/.exec(host)?.[1];
}

/** Two testbeds may each have a `node0`: then they are `node0-wall2` and `node0-emulab`. */
function withUniqueNames(nodes: RspecNode[], rejected: RspecInspection["rejected"]): RspecNode[] {
  const users = (name: (node: RspecNode) => string) => {
    const count = new Map<string, number>();
    for (const node of nodes) count.set(name(node), (count.get(name(node)) ?? 0) + 1);
    return (node: RspecNode) => count.get(name(node)) ?? 0;
  };
  const short = ({ clientId, testbed }: RspecNode) =>
    `${clientId}-${testbed.replace(/^am\./, "").split(/[.:]/)[0]}`;
  const long = ({ clientId, testbed }: RspecNode) => `${clientId}-${testbed.replace(/[^A-Za-z0-9-]/g, "-")}`;
  const [ofId, ofShort, ofLong] = [users((node) => node.clientId), users(short), users(long)];
  const plain = new Set(nodes.map((node) => node.clientId));
  const free = (name: string) => !plain.has(name);
  return nodes.flatMap((node) => {
    if (ofId(node) === 1) return [node];
    if (ofShort(node) === 1 && free(short(node))) return [{ ...node, name: short(node) }];
    if (ofLong(node) === 1 && free(long(node))) return [{ ...node, name: long(node) }];
    const text = `another node of ${node.testbed} has the same name: give them different ones in the request`;
    rejected.push({ name: node.name, file: node.file, mistakes: [text] });
    return [];
  });
}

/** A remark, no mistake: a reservation that was extended leaves the manifest as it is. */
function expiryNotes(nodes: RspecNode[], now: Date | undefined): string[] {
  if (!now) return [];
  const ended = nodes.filter(({ expires }) => expires !== undefined && Date.parse(expires) < now.getTime());
  return [
    ...new Set(
      ended.map(({ file, expires }) => `${file}: its reservation was to end at ${shown(expires ?? "")}`),
    ),
  ];
}

function withNetwork(
  { nodes, mistakes, notes }: Pick<RspecInspection, "nodes" | "mistakes" | "notes">,
  documents: RspecDocument[],
  wanted: string | undefined,
): Partial<RspecInspection> {
  const joined = joinLinks(
    documents.flatMap((document) => document.links),
    nodes,
    new Set(documents.flatMap((document) => document.nodes).flatMap(interfaceNames)),
  );
  const choice = chooseNetwork(
    nodes.map((node) => ({ ...node, ...definedOnly({ controlAddress: controlAddress(node) }) })),
    joined.links,
    wanted,
  );
  const fileOf = new Map(nodes.map((node) => [node.name, node.file]));
  const everyFile = [...new Set(fileOf.values())].join(", ");
  return {
    nodes: nodes.map((node) => ({ ...node, ...definedOnly({ address: choice.addresses.get(node.name) }) })),
    ...definedOnly({ network: choice.network }),
    mistakes: [
      ...mistakes,
      ...choice.mistakes.map(({ node, text }) => ({
        file: (node === undefined ? undefined : fileOf.get(node)) ?? everyFile,
        ...definedOnly({ node }),
        text,
      })),
    ],
    notes: [...notes, ...joined.notes, ...choice.notes],
  };
}

function interfaceNames({ interfaces }: DocumentNode): string[] {
  return interfaces.flatMap(({ name, sliver }) => [name, sliver].filter((known) => known !== undefined));
}

function controlAddress({ hosts, login }: RspecNode): string | undefined {
  const told = hosts.find(({ ipv4 }) => ipv4 !== undefined)?.ipv4;
  return told ?? (isIPv4(login.host) && !login.jump ? login.host : undefined);
}

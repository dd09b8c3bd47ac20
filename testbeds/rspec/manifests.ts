import { isIPv4 } from "node:net";
import { quoteForeign } from "../../lib/hostNames.ts";
import { type DocumentNode, type RspecDocument, readDocument } from "./document.ts";
import type { DocumentError } from "./errors.ts";
import type { RspecFile } from "./files.ts";
import { joinLinks } from "./links.ts";
import { accountName, chooseLogin, type Login } from "./logins.ts";
import { chooseNetwork, type DataNetwork, type NetworkNode } from "./network.ts";
import { XmlError } from "./xml.ts";

/** The user's choice of nodes, logins and links in the manifests. */
export interface RspecOptions {
  /** User whose logins are used, and user name of logins without one. @default the first login of each node that accepts keys */
  user?: string;
  /** A link's name, or `control`: the network over which users log in. @default the link between most nodes */
  dataNetwork?: string;
  /** Names of the nodes to use, in this order. @default all with a login and an address on the data network, sorted by name */
  machines?: readonly string[];
}

/** A machine that is reserved and can be logged in to. */
export interface RspecNode {
  /** Unique: its `client_id`, followed by `@` and the testbed if two testbeds have nodes of this name. */
  name: string;
  file: string;
  login: Login;
  /** IPv4 address on the data network. Undefined only on the control network, if the manifest does not have it. */
  address?: string;
}

/** The usable machines of the manifests, and the nodes that are ignored. */
export interface RspecInspection {
  /** In the order of `machines`, or sorted by name with numbers by value: node2 comes before node10. */
  nodes: RspecNode[];
  /** Undefined if there are errors. */
  network?: DataNetwork;
  /** Choices that the user may want to check, one line each. */
  notes: string[];
  /** Nodes that are not used, each with the reason. */
  ignored: DocumentError[];
  /** Errors that make the manifests unusable. */
  errors: DocumentError[];
}

/** Types of resources that cannot run containers, although they may have a login. */
const AUXILIARY = /blockstore|switch|^delay$/i;

const NO_LOGIN =
  "no node has a usable login: wait until jFed shows all nodes as ready, then save the manifest (not the request) again";

interface Candidate extends NetworkNode {
  file: string;
  login: Login;
}

/**
 * Reads the manifests of one or several testbeds as one set of machines: the nodes that have a login and are on the data
 * network. All other nodes are ignored. Never throws: errors are in the result.
 */
export function inspectManifests(files: readonly RspecFile[], options: RspecOptions = {}): RspecInspection {
  const { user, machines, dataNetwork } = options;
  const errors: DocumentError[] = [];
  const documents = readDocuments(files, errors);
  const { candidates, ignored } = findCandidates(
    documents.flatMap(({ nodes }) => nodes),
    user,
  );
  const named = unifyNames(candidates, errors).sort((a, b) => byName.compare(a.name, b.name));
  const inspection: RspecInspection = { nodes: [], notes: [], ignored, errors };
  const everyFile = files.map(({ name }) => name).join(", ");
  if (named.length === 0) {
    if (errors.length === 0) errors.push({ file: everyFile, text: NO_LOGIN });
    return inspection;
  }
  const nodes = machines ? selectMachines(machines, named, inspection, everyFile) : named;
  if (nodes.length === 0) return inspection;
  const links = joinLinks(
    documents.flatMap((document) => document.links),
    nodes,
  );
  const choice = chooseNetwork(nodes, links, dataNetwork);
  inspection.notes.push(...choice.notes);
  errors.push(...choice.errors.map((text) => ({ file: everyFile, text })));
  // A machine that the user named must be used; others may be left out.
  const left = machines ? errors : ignored;
  for (const { name, file, login } of choice.network ? nodes : []) {
    const text = choice.left.get(name);
    if (text !== undefined) left.push({ file, node: name, text });
    else inspection.nodes.push({ name, file, login, address: choice.addresses.get(name) });
  }
  if (errors.length === 0) inspection.network = choice.network;
  return inspection;
}

const byName = new Intl.Collator("en", { numeric: true });

function readDocuments(files: readonly RspecFile[], errors: DocumentError[]): RspecDocument[] {
  if (files.length === 0) errors.push({ file: "", text: "no manifest is given" });
  return files.flatMap(({ name, text }) => {
    try {
      return readDocument(name, text);
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      errors.push({ file: name, text: error.message });
      return [];
    }
  });
}

/** The nodes that can be logged in to, and the others with the reason. A node that a second file repeats is reported once. */
function findCandidates(nodes: readonly DocumentNode[], user: string | undefined) {
  const candidates: Candidate[] = [];
  const others: { key: string; error: DocumentError }[] = [];
  for (const node of nodes) {
    const { file, name, type = "", interfaces } = node;
    const login = AUXILIARY.test(type)
      ? `cannot run containers: it is of type ${quoteForeign(type)}`
      : chooseLogin(node, user);
    if (typeof login === "string") {
      others.push({ key: `${name}\n${node.testbed ?? ""}`, error: { file, node: name, text: login } });
      continue;
    }
    const direct = isIPv4(login.host) && !login.jump ? login.host : undefined;
    const controlAddress = node.controlAddress ?? direct;
    const testbed = node.testbed ?? domainOf(login.host) ?? file;
    candidates.push({ file, name, testbed, login, interfaces, controlAddress });
  }
  const usable = new Set(candidates.map(({ name, testbed }) => `${name}\n${testbed}`));
  return { candidates, ignored: others.filter(({ key }) => !usable.has(key)).map(({ error }) => error) };
}

/** The testbed of a node whose manifest does not name it. */
function domainOf(host: string): string | undefined {
  return isIPv4(host) || host.includes(":") ? undefined : /^[^.]+\.(.+\..+?)\.?$/.exec(host)?.[1];
}

/** Appends the testbed's name to nodes that share a name, and removes nodes that are listed twice. */
function unifyNames(candidates: readonly Candidate[], errors: DocumentError[]): Candidate[] {
  const testbeds = new Map<string, Set<string>>();
  for (const { name, testbed } of candidates) {
    testbeds.set(name, (testbeds.get(name) ?? new Set()).add(testbed));
  }
  const unique = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { name, testbed, file, login } = candidate;
    const fullName = (testbeds.get(name)?.size ?? 0) > 1 ? `${name}@${testbed}` : name;
    const twin = unique.get(fullName);
    if (!twin) unique.set(fullName, { ...candidate, name: fullName });
    else if (accountName(twin.login) !== accountName(login)) {
      const text = `is listed twice with different logins (${twin.file}): leave out the older manifest, or rename one of the nodes`;
      errors.push({ file, node: fullName, text });
    }
  }
  return [...unique.values()];
}

function selectMachines(
  wanted: readonly string[],
  candidates: readonly Candidate[],
  { ignored, errors }: RspecInspection,
  file: string,
): Candidate[] {
  const byNodeName = new Map(candidates.map((candidate) => [candidate.name, candidate]));
  return wanted.flatMap((name, index) => {
    if (wanted.indexOf(name) < index) {
      errors.push({
        file,
        node: quoteForeign(name),
        text: "is named twice in testbed.machines: name it once",
      });
      return [];
    }
    const candidate = byNodeName.get(name);
    if (candidate) return candidate;
    const names = [...byNodeName.keys()].slice(0, 20).join(", ");
    const reason =
      ignored.find(({ node }) => node === name)?.text ?? `is not in the manifest, which has ${names}`;
    errors.push({ file, node: quoteForeign(name), text: reason });
    return [];
  });
}

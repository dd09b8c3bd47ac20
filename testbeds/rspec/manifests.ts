import { isIPv4 } from "node:net";
import { type DocumentNode, type RspecDocument, readDocument } from "./document.ts";
import { type DocumentError, shown } from "./errors.ts";
import type { RspecFile } from "./files.ts";
import { joinLinks } from "./links.ts";
import { chooseLogin, type Login } from "./logins.ts";
import { chooseNetwork, type DataNetwork } from "./network.ts";
import { type NamedNode, withUniqueNames } from "./uniqueNames.ts";
import { authorityOf } from "./values.ts";

export interface RspecOptions {
  /** Whose logins are used. @default the first login of each node that takes keys */
  user?: string;
  /** A link's name, or `control`: the network over which the testbed lets users log in. @default the only link that all nodes are on */
  dataNetwork?: string;
  /** Manifests whose reservation ended before it get a note. @default no notes */
  now?: Date;
}

/** A machine that is reserved and can be logged in to. */
export interface RspecNode extends NamedNode {
  login: Login;
  /** IPv4 address on the data network. Undefined only on the control network, if the manifest does not tell it. */
  address?: string;
}

export interface RspecInspection {
  /** Sorted by name, numbers by their value: node2 comes before node10. */
  nodes: RspecNode[];
  /** Undefined if there are errors. */
  network?: DataNetwork;
  /** What was left out or decided, and why: a line each. */
  notes: string[];
  /** The nodes that cannot be used, each with all of its errors; if that is allowed, a stack does without them. */
  rejected: { name: string; file: string; errors: string[] }[];
  /** Errors of whole files or of the network. */
  errors: DocumentError[];
}

/** Reads the manifests of one or several testbeds as one set of machines. Never throws: all errors are in the result. */
export function inspectManifests(files: RspecFile[], options: RspecOptions = {}): RspecInspection {
  const errors: DocumentError[] = files.length === 0 ? [{ file: "", text: "no manifest is given" }] : [];
  const documents = files
    .map(({ name, text }) => readDocument(name, text))
    .filter((document) => {
      if (document.errors.length === 0 && document.nodes.some(isReserved)) return true;
      if (document.errors.length > 0) errors.push(...document.errors);
      else errors.push({ file: document.file, text: whyNothingIsReserved(document) });
      return false;
    });
  const inspection: RspecInspection = { nodes: [], rejected: [], errors, notes: [] };
  const usable: UsableNode[] = [];
  for (const duplicates of duplicatesOf(documents.flatMap(({ nodes }) => nodes))) {
    const { node, login, notes, errors: wrong } = settle(duplicates, options.user);
    const { file, name } = node;
    inspection.notes.push(...notes.map((note) => `${file}: ${name}: ${note}`));
    if (login) usable.push(usableNode(node, login));
    else inspection.rejected.push({ name, file, errors: wrong });
  }
  const { named, twins } = withUniqueNames(usable);
  for (const { name, file, testbed } of twins) {
    const text = `another node of ${testbed} has the same name: give them different ones in the request`;
    inspection.rejected.push({ name, file, errors: [text] });
  }
  named.sort((a, b) => byName.compare(a.name, b.name));
  inspection.notes.push(...expiryNotes(named, options.now));
  if (named.length > 0) addNetwork(inspection, named, documents, options.dataNetwork);
  return inspection;
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

type Duplicates = [DocumentNode, ...DocumentNode[]];

/** Groups what describes one machine: testbeds repeat what was asked of others, and users load a file twice. */
function duplicatesOf(nodes: DocumentNode[]): Duplicates[] {
  const groups = new Map<string, Duplicates>();
  for (const node of nodes) {
    const key = `${node.name}\n${node.manager ?? ""}`;
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
}

/** Of what describes one machine, takes the one that counts with its login; without a login, with all errors. */
function settle(
  duplicates: Duplicates,
  user: string | undefined,
): { node: DocumentNode; login?: Login; notes: string[]; errors: string[] } {
  const reserved = duplicates.filter(isReserved);
  const choices = reserved.map((node) => ({ node, choice: chooseLogin(node, user) }));
  // A manifest that was saved too early has the sliver but no login yet.
  const withLogin = choices.filter(({ choice }) => "login" in choice);
  const node = withLogin[0]?.node ?? reserved[0] ?? duplicates[0];
  const choice = withLogin[0]?.choice ?? choices[0]?.choice ?? chooseLogin(node, user);
  const notes = [...node.notes];
  const errors = [...node.errors];
  const slivers = new Set(reserved.flatMap(({ sliver }) => sliver ?? []));
  const logins = new Set(
    withLogin.map((each) => JSON.stringify("login" in each.choice && each.choice.login)),
  );
  if (slivers.size > 1) {
    const several = [...slivers].slice(0, 5).map(shown).join(", ");
    errors.push(`stands there more than once, for different machines: ${several}`);
  } else if (logins.size > 1) {
    const files = [...new Set(withLogin.map((each) => each.node.file))].join(" and ");
    errors.push(`stands in ${files} with different logins: leave out the older manifest`);
  } else if (reserved.length > 1) notes.push("stands there more than once: taken once");
  if (node.notReady !== undefined) {
    errors.push(
      `is not ready: its state is ${node.notReady}; wait until jFed shows it as ready, then save the manifest again`,
    );
  }
  if ("login" in choice) {
    notes.push(...choice.notes);
    return { node, login: errors.length > 0 ? undefined : choice.login, notes, errors };
  }
  // One reason is enough: a node that is not ready has no login yet.
  if (node.notReady === undefined) errors.push(choice.why);
  return { node, notes, errors };
}

interface UsableNode extends NamedNode, Pick<DocumentNode, "expires" | "interfaces" | "controlAddress"> {
  login: Login;
}

function usableNode(node: DocumentNode, login: Login): UsableNode {
  const { name, file, manager, expires, interfaces, controlAddress } = node;
  const direct = isIPv4(login.host) && !login.jump ? login.host : undefined;
  return {
    name,
    clientId: name,
    file,
    testbed: authorityOf(manager) ?? domainOf(login.host) ?? file,
    expires,
    interfaces,
    controlAddress: controlAddress ?? direct,
    login,
  };
}

/** The testbed of a node whose manifest does not name it. */
function domainOf(host: string): string | undefined {
  return isIPv4(host) || host.includes(":") ? undefined : /^[^.]+\.(.+\..+?)\.?$/.exec(host)?.[1];
}

/** Notes, not errors: extending a reservation does not change the manifest. */
function expiryNotes(nodes: UsableNode[], now: Date | undefined): string[] {
  if (!now) return [];
  const ended = nodes.filter(({ expires }) => expires !== undefined && Date.parse(expires) < now.getTime());
  const notes = ended.map(
    ({ file, expires }) => `${file}: its reservation was to end at ${shown(expires ?? "")}`,
  );
  return [...new Set(notes)];
}

function addNetwork(
  inspection: RspecInspection,
  nodes: UsableNode[],
  documents: RspecDocument[],
  wanted: string | undefined,
): void {
  const joined = joinLinks(
    documents.flatMap(({ links }) => links),
    nodes,
    documents.flatMap((document) => document.nodes.flatMap(({ interfaces }) => interfaces)),
  );
  const choice = chooseNetwork(nodes, joined.links, wanted);
  const everyFile = [...new Set(nodes.map(({ file }) => file))].join(", ");
  inspection.nodes = nodes.map(({ name, clientId, file, testbed, login }) => {
    const node: RspecNode = { name, clientId, file, testbed, login };
    const address = choice.addresses.get(name);
    return address === undefined ? node : { ...node, address };
  });
  inspection.network = choice.network;
  for (const { node, text } of choice.errors) {
    const file = nodes.find(({ name }) => name === node)?.file ?? everyFile;
    inspection.errors.push({ file, node, text });
  }
  inspection.notes.push(...joined.notes, ...choice.notes);
}

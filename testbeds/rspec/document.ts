import { type DocumentError, shown } from "./errors.ts";
import { authorityOf, CLIENT_ID, type Kind, MACHINE_ADDRESS, maskBits, valueError } from "./values.ts";
import { attribute, childrenNamed, parseXml, type XmlElement, XmlError } from "./xml.ts";

/** What is used of one RSpec file, before anything is chosen or compared with other files. */
export interface RspecDocument {
  file: string;
  /** `manifest` or `request`: some manifests are labelled as requests. */
  type?: string;
  nodes: DocumentNode[];
  links: DocumentLink[];
  errors: DocumentError[];
}

export interface DocumentNode {
  file: string;
  /** Its name (`client_id`), or its place in the file if it has none. */
  name: string;
  /** URN of the testbed's component manager; undefined if nothing in the node says it. */
  manager?: string;
  /** URN of what is reserved; undefined for what is only asked for. */
  sliver?: string;
  /** When the reservation was to end when the file was written; it may have been extended since. */
  expires?: string;
  /** The state of a node that the testbed reports as not ready. */
  notReady?: string;
  logins: DocumentLogin[];
  proxies: { proxy: string; for?: string }[];
  /** IPv4 address on the network over which the testbed lets users log in. */
  controlAddress?: string;
  interfaces: DocumentInterface[];
  notes: string[];
  errors: string[];
}

/** A login as it is written; {@link chooseLogin} checks it. */
export interface DocumentLogin {
  authentication?: string;
  hostname?: string;
  port?: string;
  username?: string;
}

export interface DocumentInterface {
  /** Unique within its file. */
  name?: string;
  sliver?: string;
  /** IPv4 addresses, with the length of their network's prefix. */
  addresses: { address: string; bits?: number }[];
}

export interface DocumentLink {
  file: string;
  name: string;
  /** The interfaces on it, by their names or slivers. */
  interfaces: { name?: string; sliver?: string }[];
}

/** A file with more nodes is an error or an attack. */
const MOST_NODES = 1000;

const NOT_READY =
  /^(geni_allocated|(geni_)?(unallocated|pending_allocation|notready|not_ready|configuring|stopping|failed|changing|created|ticketed|active_ticketed|closing|closed|closewait|stopped|nascent))$/i;
const READY = /^(geni_)?(provisioned|ready|active|started|up)$/i;

/** Reads one file. Its errors are in the result and in its nodes. */
export function readDocument(file: string, text: string): RspecDocument {
  const document: RspecDocument = { file, nodes: [], links: [], errors: [] };
  const refuse = (why: string) => ({ ...document, errors: [{ file, text: why }] });
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) return refuse(error.message);
    throw error;
  }
  if (root.name !== "rspec") return refuse(`is no RSpec: its outermost element is ${shown(root.name)}`);
  const version = /\/resources\/rspec\/([\d.]+)\/?$/.exec(root.namespace ?? "")?.[1];
  if (version !== undefined && !["2", "3"].includes(version)) {
    return refuse(`is an RSpec of version ${version}, and version 3 is read: have the testbed give that`);
  }
  document.type = attribute(root, "type")?.toLowerCase();
  if (document.type === "advertisement") {
    return refuse("is an advertisement of what a testbed has, and no manifest");
  }
  const elements = childrenNamed(root, "node");
  if (elements.length === 0) return refuse("has no node");
  if (elements.length > MOST_NODES) return refuse(`has ${elements.length} nodes; ${MOST_NODES} are read`);
  const expires = attribute(root, "expires");
  document.nodes = elements.map((element, index) => readNode(file, element, index, expires));
  document.links = childrenNamed(root, "link").map((element, index) => ({
    file,
    name: attribute(element, "client_id") ?? `link ${index + 1}`,
    interfaces: childrenNamed(element, "interface_ref").map(namesOf),
  }));
  return document;
}

function readNode(file: string, element: XmlElement, index: number, expires?: string): DocumentNode {
  const clientId = attribute(element, "client_id");
  const sliver = attribute(element, "sliver_id");
  const [info] = childrenNamed(element, "geni_sliver_info");
  const node: DocumentNode = {
    file,
    name: clientId ?? `node ${index + 1} (line ${element.line})`,
    manager: attribute(element, "component_manager_id"),
    sliver,
    expires: attribute(info, "expiration_time") ?? expires,
    notReady: notReady(element, info),
    logins: [],
    proxies: [],
    interfaces: [],
    notes: [],
    errors: [],
  };
  node.manager ??= managerFrom(attribute(element, "component_id") ?? sliver);
  const badName = valueError(clientId, CLIENT_ID);
  if (badName) node.errors.push(`client_id ${badName}`);
  if (badName && clientId !== undefined) node.name = shown(clientId);
  if (node.manager !== undefined && authorityOf(node.manager) === undefined) {
    const urn = shown(node.manager);
    node.errors.push(`component_manager_id ${urn} is no URN such as urn:publicid:IDN+…+authority+cm`);
  }
  readServices(element, node);
  for (const host of childrenNamed(element, "host")) {
    const address = checked(host, "ipv4", MACHINE_ADDRESS, "host: ", node.errors);
    node.controlAddress ??= address;
  }
  node.interfaces = childrenNamed(element, "interface").map((each) => readInterface(each, node));
  return node;
}

function readServices(element: XmlElement, node: DocumentNode): void {
  for (const service of childrenNamed(element, "services").flatMap(({ children }) => children)) {
    if (service.name === "login") {
      node.logins.push({
        authentication: attribute(service, "authentication"),
        hostname: attribute(service, "hostname"),
        port: attribute(service, "port"),
        username: attribute(service, "username"),
      });
    } else if (service.name === "proxy" || service.name === "services_proxy") {
      node.proxies.push({ proxy: attribute(service, "proxy") ?? "", for: attribute(service, "for") });
    }
  }
}

function managerFrom(urn: string | undefined): string | undefined {
  const authority = authorityOf(urn);
  return authority && `urn:publicid:IDN+${authority}+authority+cm`;
}

/** Few manifests say the state, and in several ways; unknown words do not count as a failure. */
function notReady(element: XmlElement, info: XmlElement | undefined): string | undefined {
  const error = attribute(info, "error");
  const words = [attribute(info, "state")];
  for (const name of [
    "geni_operational_status",
    "geni_allocation_status",
    "sliver_status",
    "status",
    "state",
  ]) {
    words.push(attribute(element, name));
  }
  const bad = words.find((word) => word !== undefined && NOT_READY.test(word));
  if (bad !== undefined) return `${shown(bad)}${error ? `: ${shown(error)}` : ""}`;
  const ready = words.some((word) => word !== undefined && READY.test(word));
  return error === undefined || ready ? undefined : shown(error);
}

function namesOf(element: XmlElement): { name?: string; sliver?: string } {
  return { name: attribute(element, "client_id"), sliver: attribute(element, "sliver_id") };
}

function readInterface(element: XmlElement, { notes, errors }: DocumentNode): DocumentInterface {
  const { name, sliver } = namesOf(element);
  const where = `interface ${name === undefined ? `on line ${element.line}` : shown(name)}: `;
  const addresses: DocumentInterface["addresses"] = [];
  for (const ip of childrenNamed(element, "ip")) {
    const text = attribute(ip, "address");
    if (text === undefined) continue;
    const type = attribute(ip, "type")?.toLowerCase() ?? (text.includes(":") ? "ipv6" : "ipv4");
    if (type === "ipv6") continue; // Docker's networks are IPv4
    if (type !== "ipv4") {
      notes.push(`${where}${shown(text)} is of type ${shown(type)}: left out`);
      continue;
    }
    const address = checked(ip, "address", MACHINE_ADDRESS, where, errors);
    const netmask = checked(ip, "netmask", ["netmask"], where, errors);
    if (address) addresses.push({ address, bits: netmask === undefined ? undefined : maskBits(netmask) });
  }
  return { name, sliver, addresses };
}

/** An optional attribute; undefined, with a error, if it is not of its kinds. */
function checked(
  element: XmlElement,
  name: string,
  kinds: Kind[],
  where: string,
  errors: string[],
): string | undefined {
  const value = attribute(element, name);
  const error = value === undefined ? undefined : valueError(value, ...kinds);
  if (error) errors.push(`${where}${name} ${error}`);
  return error ? undefined : value;
}

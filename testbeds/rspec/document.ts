import { z } from "zod";
import { type Mistake, shown } from "./errors.ts";
import { authorityOf, clientId, definedOnly, freeText, ipv4, ipv6, mac, netmask } from "./values.ts";
import { attribute, childrenNamed, parseXml, type XmlElement, XmlError } from "./xml.ts";

/** One RSpec, as it stands in its file: nothing is chosen, and nothing is compared with other files yet. */
export interface RspecDocument {
  file: string;
  /** `manifest`, or `request`: manifests that are labelled so do exist. */
  type?: string;
  nodes: DocumentNode[];
  links: DocumentLink[];
  mistakes: Mistake[];
}

export interface DocumentNode {
  file: string;
  /** Its name, or where it stands in the file if it has none. */
  name: string;
  /** URN of the testbed's component manager; absent where nothing in the node says it. */
  manager?: string;
  /** URN of the machine. */
  component?: string;
  /** URN of what is reserved; absent for what is only asked for. */
  sliver?: string;
  /** `raw-pc`, `emulab-xen`, `docker-container`, … */
  sliverType?: string;
  image?: string;
  hardwareType?: string;
  exclusive?: boolean;
  /** When its sliver, or all of the file, was to end when the file was written; it may have been extended since. */
  expires?: string;
  /** What the testbed says of its state; absent where it says nothing, as most do. */
  status?: NodeStatus;
  logins: DocumentLogin[];
  proxies: { proxy: string; for?: string }[];
  hosts: DocumentHost[];
  interfaces: DocumentInterface[];
  notes: string[];
  mistakes: string[];
}

export interface NodeStatus {
  ready: boolean;
  text: string;
}

/** As it is written; {@link chooseLogin} checks it. */
export interface DocumentLogin {
  authentication?: string;
  hostname?: string;
  port?: string;
  username?: string;
}

export interface DocumentHost {
  name?: string;
  ipv4?: string;
}

export interface DocumentInterface {
  /** Unique within its file. */
  name?: string;
  sliver?: string;
  /** `02:ed:05:24:51:de`, however it was written. */
  mac?: string;
  addresses: DocumentAddress[];
}

export interface DocumentAddress {
  address: string;
  type: "ipv4" | "ipv6";
  /** The length of its network's prefix. */
  bits?: number;
}

export interface DocumentLink {
  file: string;
  name: string;
  managers: string[];
  /** The interfaces on it, by their names or slivers. */
  interfaces: { name?: string; sliver?: string }[];
  type?: string;
}

/** More is an error, or an attack. */
const MOST_NODES = 1000;

const NOT_READY =
  /^(geni_allocated|(geni_)?(unallocated|pending_allocation|notready|not_ready|configuring|stopping|failed|changing|created|ticketed|active_ticketed|closing|closed|closewait|stopped|nascent))$/i;
const READY = /^(geni_)?(provisioned|ready|active|started|up)$/i;

/** Reads one file. What is wrong with it is in its `mistakes`, and its nodes'. */
export function readDocument(file: string, text: string): RspecDocument {
  const document: RspecDocument = { file, nodes: [], links: [], mistakes: [] };
  const refuse = (why: string) => ({ ...document, mistakes: [{ file, text: why }] });
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
  const type = attribute(root, "type")?.toLowerCase();
  if (type === "advertisement") return refuse("is an advertisement of what a testbed has, and no manifest");
  const elements = childrenNamed(root, "node");
  if (elements.length === 0) return refuse("has no node");
  if (elements.length > MOST_NODES) return refuse(`has ${elements.length} nodes; ${MOST_NODES} are read`);
  return {
    ...document,
    ...definedOnly({ type }),
    nodes: elements.map((element, index) => readNode(file, element, index, attribute(root, "expires"))),
    links: childrenNamed(root, "link").map((element, index) => readLink(file, element, index)),
  };
}

const nodeShape = {
  client_id: clientId,
  component_manager_id: freeText.optional(),
  component_id: freeText.optional(),
  sliver_id: freeText.optional(),
  sliver_type: freeText.optional(),
  image: freeText.optional(),
  hardware_type: freeText.optional(),
};

const hostSchema = z.object({ name: freeText.optional(), ipv4: ipv4.optional() });
const interfaceShape = { name: freeText.optional(), sliver: freeText.optional() };
const address = {
  ipv4: z.object({ address: ipv4, netmask: netmask.optional() }),
  ipv6: z.object({ address: ipv6 }),
};

function readNode(file: string, element: XmlElement, index: number, expires?: string): DocumentNode {
  const mistakes: string[] = [];
  const notes: string[] = [];
  const sliverType = childrenNamed(element, "sliver_type")[0];
  const [image] = sliverType ? childrenNamed(sliverType, "disk_image") : [];
  const raw = {
    ...attributesOf(element, ["client_id", "component_manager_id", "component_id", "sliver_id"]),
    sliver_type: attribute(sliverType, "name"),
    image: attribute(image, "name") ?? attribute(image, "url"),
    hardware_type: hardwareType(element),
  };
  const node = parsedFields(nodeShape, raw, "", mistakes);
  const manager = raw.component_manager_id ?? managerFrom(raw.component_id ?? raw.sliver_id);
  if (manager !== undefined && authorityOf(manager) === undefined) {
    mistakes.push(`component_manager_id ${shown(manager)} is no URN such as urn:publicid:IDN+…+authority+cm`);
  }
  const services = childrenNamed(element, "services");
  return {
    file,
    name: nodeName(raw.client_id) ?? `node ${index + 1} (line ${element.line})`,
    ...definedOnly({
      manager,
      component: node.component_id,
      sliver: node.sliver_id,
      sliverType: node.sliver_type,
      image: node.image,
      hardwareType: node.hardware_type,
      exclusive: yesOrNo(attribute(element, "exclusive")),
      expires: attribute(childrenNamed(element, "geni_sliver_info")[0], "expiration_time") ?? expires,
      status: statusOf(element),
    }),
    logins: services
      .flatMap((service) => childrenNamed(service, "login"))
      .map((login) => attributesOf(login, ["authentication", "hostname", "port", "username"])),
    proxies: services
      .flatMap((service) => [...childrenNamed(service, "proxy"), ...childrenNamed(service, "services_proxy")])
      .map((proxy) => ({
        proxy: attribute(proxy, "proxy") ?? "",
        ...definedOnly({ for: attribute(proxy, "for") }),
      })),
    hosts: childrenNamed(element, "host").flatMap((host) => {
      const checked = parsed(hostSchema, attributesOf(host, ["name", "ipv4"]), "host: ", mistakes);
      return checked ? [definedOnly(checked) as DocumentHost] : [];
    }),
    interfaces: childrenNamed(element, "interface").map((found) => readInterface(found, notes, mistakes)),
    notes,
    mistakes,
  };
}

function nodeName(written: string | undefined): string | undefined {
  return written === undefined || clientId.safeParse(written).success ? written : shown(written);
}

/** Emulab says in an element of its own what machine was given; what was asked for stands beside it, or not. */
function hardwareType(element: XmlElement): string | undefined {
  const given = childrenNamed(element, "vnode")[0];
  return attribute(given, "hardware_type") ?? attribute(childrenNamed(element, "hardware_type")[0], "name");
}

function managerFrom(urn: string | undefined): string | undefined {
  const authority = authorityOf(urn);
  return authority && `urn:publicid:IDN+${authority}+authority+cm`;
}

/** Manifests tell states seldom, and in several ways; words that are not known are not taken for a failure. */
function statusOf(element: XmlElement): NodeStatus | undefined {
  const info = childrenNamed(element, "geni_sliver_info")[0];
  const error = attribute(info, "error");
  const words = [
    attribute(info, "state"),
    ...["geni_operational_status", "geni_allocation_status", "sliver_status", "status", "state"].map((name) =>
      attribute(element, name),
    ),
  ].filter((word) => word !== undefined);
  const bad = words.find((word) => NOT_READY.test(word));
  if (bad !== undefined) {
    return { ready: false, text: `${shown(bad)}${error ? `: ${shown(error)}` : ""}` };
  }
  const good = words.find((word) => READY.test(word));
  if (good !== undefined) return { ready: true, text: good };
  return error === undefined ? undefined : { ready: false, text: shown(error) };
}

function readInterface(element: XmlElement, notes: string[], mistakes: string[]): DocumentInterface {
  const raw = { name: attribute(element, "client_id"), sliver: attribute(element, "sliver_id") };
  const at = `interface ${raw.name === undefined ? `on line ${element.line}` : shown(raw.name)}: `;
  const checked = parsedFields(interfaceShape, raw, at, mistakes);
  const macAddress = attribute(element, "mac_address");
  // Nothing depends on it: what is wrong with it is no reason to refuse a machine.
  const checkedMac = macAddress === undefined ? undefined : parsed(mac, macAddress, at, notes);
  return {
    ...definedOnly({ name: checked.name, sliver: checked.sliver, mac: checkedMac }),
    addresses: childrenNamed(element, "ip").flatMap((ip) => readAddress(ip, at, notes, mistakes)),
  };
}

function readAddress(
  element: XmlElement,
  at: string,
  notes: string[],
  mistakes: string[],
): DocumentAddress[] {
  const raw = attributesOf(element, ["address", "netmask"]);
  if (raw.address === undefined) return [];
  const type = attribute(element, "type")?.toLowerCase() ?? (raw.address.includes(":") ? "ipv6" : "ipv4");
  if (type === "ipv6") {
    const checked = parsed(address.ipv6, raw, at, mistakes);
    return checked ? [{ address: checked.address, type }] : [];
  }
  if (type !== "ipv4") {
    notes.push(`${at}${shown(raw.address)} is of type ${shown(type)}: left out`);
    return [];
  }
  const checked = parsed(address.ipv4, raw, at, mistakes);
  return checked ? [{ address: checked.address, type, ...definedOnly({ bits: checked.netmask }) }] : [];
}

function readLink(file: string, element: XmlElement, index: number): DocumentLink {
  return {
    file,
    name: attribute(element, "client_id") ?? `link ${index + 1}`,
    managers: childrenNamed(element, "component_manager").flatMap((it) => attribute(it, "name") ?? []),
    interfaces: childrenNamed(element, "interface_ref").map((ref) =>
      definedOnly({ name: attribute(ref, "client_id"), sliver: attribute(ref, "sliver_id") }),
    ),
    ...definedOnly({ type: attribute(childrenNamed(element, "link_type")[0], "name") }),
  };
}

function attributesOf<K extends string>(element: XmlElement, names: K[]): { [N in K]?: string } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = attribute(element, name);
      return value === undefined ? [] : [[name, value]];
    }),
  ) as { [N in K]?: string };
}

function yesOrNo(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^(true|1)$/i.test(text);
}

/** The value, checked; or nothing, and what is wrong with it in `mistakes`. */
export function parsed<T extends z.ZodType>(
  schema: T,
  value: unknown,
  at: string,
  mistakes: string[],
): z.output<T> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    mistakes.push(`${at}${[...issue.path.map(String), issue.message].join(" ")}`);
  }
  return undefined;
}

/** Each value on its own: one that is wrong does not take the others away. */
function parsedFields<S extends Record<string, z.ZodType>>(
  shape: S,
  raw: { [K in keyof S]?: unknown },
  at: string,
  mistakes: string[],
): { [K in keyof S]?: z.output<S[K]> } {
  const fields: { [K in keyof S]?: z.output<S[K]> } = {};
  for (const name of Object.keys(shape) as (keyof S & string)[]) {
    const field = z.object({ [name]: shape[name] as z.ZodType });
    const checked = parsed(field, raw[name] === undefined ? {} : { [name]: raw[name] }, at, mistakes);
    if (checked) fields[name] = checked[name] as z.output<S[typeof name]>;
  }
  return fields;
}

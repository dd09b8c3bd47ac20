import { isMachineAddress, quoteForeign } from "../../lib/hostNames.ts";
import { attribute, childrenNamed, parseXml, type XmlElement, XmlError } from "./xml.ts";

/** The nodes and links of one RSpec file, before any are chosen or compared with other files. */
export interface RspecDocument {
  nodes: DocumentNode[];
  links: DocumentLink[];
}

/** A node as its file describes it. */
export interface DocumentNode {
  file: string;
  /** Its `client_id`, quoted if it has other characters than letters, digits and `. _ : -`. */
  name: string;
  /** The authority in the URN of its component manager, such as `wall2.ilabt.iminds.be`. */
  testbed?: string;
  /** What kind of resource it is, such as `raw-pc` or `emulab-blockstore` (`sliver_type`). */
  type?: string;
  logins: DocumentLogin[];
  proxies: DocumentProxy[];
  /** IPv4 address on the network over which users log in. */
  controlAddress?: string;
  interfaces: DocumentInterface[];
}

/** A login service as it is written; {@link chooseLogin} checks it. */
export interface DocumentLogin {
  authentication?: string;
  hostname?: string;
  port?: string;
  username?: string;
}

/** jFed's proxy element: `user@host:port`, and the account that is reached through it. */
export interface DocumentProxy {
  proxy: string;
  for?: string;
}

/** A network interface of a node. */
export interface DocumentInterface {
  /** Its `client_id`, unique within its file. */
  name: string;
  /** Its first IPv4 address. */
  address?: string;
}

/** A link, with the names of the interfaces on it. */
export interface DocumentLink {
  file: string;
  name: string;
  interfaces: string[];
}

/** Reads one file. @throws XmlError if it is not an RSpec */
export function readDocument(file: string, text: string): RspecDocument {
  const root = parseXml(text);
  if (root.name !== "rspec") {
    throw new XmlError(`is not an RSpec: its outermost element is ${quoteForeign(root.name)}`);
  }
  return {
    nodes: childrenNamed(root, "node").map((element) => readNode(file, element)),
    links: childrenNamed(root, "link").map((element, index) => ({
      file,
      name: attribute(element, "client_id") ?? `link ${index + 1}`,
      interfaces: childrenNamed(element, "interface_ref").map(nameOf),
    })),
  };
}

function readNode(file: string, element: XmlElement): DocumentNode {
  const services = childrenNamed(element, "services").flatMap(({ children }) => children);
  const id = attribute(element, "client_id");
  const [sliverType] = childrenNamed(element, "sliver_type");
  return {
    file,
    name: id === undefined ? `node on line ${element.line}` : safeName(id),
    testbed: authorityOf(attribute(element, "component_manager_id") ?? attribute(element, "component_id")),
    type: attribute(sliverType, "name"),
    logins: services
      .filter(({ name }) => name === "login")
      .map((login) => ({
        authentication: attribute(login, "authentication"),
        hostname: attribute(login, "hostname"),
        port: attribute(login, "port"),
        username: attribute(login, "username"),
      })),
    proxies: services
      .filter(({ name }) => name === "proxy" || name === "services_proxy")
      .map((proxy) => ({ proxy: attribute(proxy, "proxy") ?? "", for: attribute(proxy, "for") })),
    controlAddress: childrenNamed(element, "host")
      .map((host) => attribute(host, "ipv4"))
      .find(isAddress),
    interfaces: childrenNamed(element, "interface").map((each) => ({
      name: nameOf(each),
      address: childrenNamed(each, "ip")
        .map((ip) => attribute(ip, "address"))
        .find(isAddress),
    })),
  };
}

const nameOf = (element: XmlElement) => attribute(element, "client_id") ?? "";
const isAddress = (text: string | undefined) => text !== undefined && isMachineAddress(text);
const safeName = (name: string) => (/^[A-Za-z0-9_.:-]{1,100}$/.test(name) ? name : quoteForeign(name));

/** The authority in a GENI URN: `wall2.ilabt.iminds.be` in `urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm`. */
export function authorityOf(urn: string | undefined): string | undefined {
  return /^urn:publicid:IDN\+([A-Za-z0-9_.:-]{1,200})\+/i.exec(urn ?? "")?.[1];
}

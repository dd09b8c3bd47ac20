import { SaxesParser } from "saxes";

/** Real manifests of a hundred nodes stay below a fifth of it. */
export const MOST_BYTES = 1024 * 1024;
/** Real ones have six levels, ten with stitching's. */
const MOST_LEVELS = 32;

/** An element, by the name that it has without its prefix: prefixes differ from testbed to testbed, or are never declared. */
export interface XmlElement {
  name: string;
  /** What its namespace is declared to be; absent where nothing is declared. */
  namespace?: string;
  /** By name without prefix; of two that differ in the prefix alone, the one without any. */
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  line: number;
}

/** The text is no XML that is read here; the message says where and why. */
export class XmlError extends Error {}

/** What an element declares, and what it stands in: copying the outer ones would take a hostile file's square of time. */
interface Namespaces {
  declared: ReadonlyMap<string, string>;
  outer?: Namespaces;
}

/**
 * Parses XML without ever expanding an entity but XML's own five, or looking at anything outside the text.
 *
 * @throws XmlError for what is not well-formed, has a DOCTYPE, is larger than {@link MOST_BYTES} or nested too deep
 */
export function parseXml(text: string): XmlElement {
  // Characters first: counting the bytes of what is far too large is work already.
  if (text.length > MOST_BYTES || Buffer.byteLength(text) > MOST_BYTES) {
    throw new XmlError("is larger than 1 MiB, which no manifest is");
  }
  if (text.trim() === "") throw new XmlError("is empty");
  // Of XML 1.1 nothing is wanted: it lets control characters in. Namespaces are resolved below: saxes would refuse
  // prefixes that are not declared, and real files have these.
  const parser = new SaxesParser({ xmlns: false, forceXMLVersion: true, defaultXMLVersion: "1.0" });
  const open: { element: XmlElement; namespaces: Namespaces }[] = [];
  let root: XmlElement | undefined;

  parser.on("doctype", () => {
    throw new XmlError(`has a DOCTYPE (line ${parser.line}), which no manifest needs: it is not read`);
  });
  parser.on("opentag", (tag) => {
    if (open.length >= MOST_LEVELS) {
      throw new XmlError(`has elements nested more than ${MOST_LEVELS} deep (line ${parser.line})`);
    }
    const parent = open.at(-1);
    const namespaces = withDeclared(parent?.namespaces, tag.attributes);
    const namespace = resolve(namespaces, prefixOf(tag.name));
    const element: XmlElement = {
      name: localName(tag.name),
      namespace: namespace || undefined,
      attributes: byLocalName(tag.attributes),
      children: [],
      line: parser.line,
    };
    parent?.element.children.push(element);
    root ??= element;
    open.push({ element, namespaces });
  });
  parser.on("closetag", () => {
    open.pop();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof XmlError) throw error;
    // saxes begins with "line:column: "
    const [, at, why] = /^(\d+):\d+: (.*)$/s.exec((error as Error).message) ?? [];
    throw new XmlError(
      `is no well-formed XML${at ? ` (line ${at})` : ""}: ${why ?? (error as Error).message}`,
    );
  }
  if (!root) throw new XmlError("is no well-formed XML: it has no element");
  return root;
}

export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** An attribute's value without white space around it; absent where it is empty. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.get(name)?.trim() || undefined;
}

function prefixOf(name: string): string {
  return name.includes(":") ? name.slice(0, name.indexOf(":")) : "";
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

function withDeclared(outer: Namespaces | undefined, attributes: Record<string, string>): Namespaces {
  const declared = new Map<string, string>();
  for (const [name, uri] of Object.entries(attributes)) {
    if (name === "xmlns" || name.startsWith("xmlns:")) declared.set(name.slice("xmlns:".length), uri);
  }
  if (outer && declared.size === 0) return outer;
  return { declared, outer: outer || undefined };
}

function resolve(namespaces: Namespaces | undefined, prefix: string): string | undefined {
  for (let scope = namespaces; scope; scope = scope.outer) {
    const uri = scope.declared.get(prefix);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

function byLocalName(attributes: Record<string, string>): Map<string, string> {
  const named = new Map<string, string>();
  const prefixed = ([name]: [string, string]) => (name.includes(":") ? 0 : 1);
  for (const [name, value] of Object.entries(attributes).sort((a, b) => prefixed(a) - prefixed(b))) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) named.set(localName(name), value);
  }
  return named;
}

import { SaxesParser } from "saxes";

/** Real manifests of a hundred nodes stay below a fifth of it. */
export const MOST_BYTES = 1024 * 1024;
/** Real manifests have six levels, or ten with stitching. */
const MOST_LEVELS = 32;

/** An element by its name without prefix: prefixes differ from testbed to testbed, and some are never declared. */
export interface XmlElement {
  name: string;
  /** The declared namespace of the outermost element; undefined for all others. */
  namespace?: string;
  /** By name without prefix; if two differ in their prefix alone, the one without a prefix. */
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  line: number;
}

/** The text is not XML that is read here; the message says where and why. */
export class XmlError extends Error {}

/**
 * Parses XML. Expands no entity but XML's own five and reads nothing outside the text.
 *
 * @throws XmlError for text that is not well-formed, has a DOCTYPE, is larger than {@link MOST_BYTES} or nested too deep
 */
export function parseXml(text: string): XmlElement {
  // Characters first: even counting the bytes of a huge text takes long.
  if (text.length > MOST_BYTES || Buffer.byteLength(text) > MOST_BYTES) {
    throw new XmlError("is larger than 1 MiB, which no manifest is");
  }
  if (text.trim() === "") throw new XmlError("is empty");
  // XML 1.1 would allow control characters. saxes' own namespaces would refuse undeclared prefixes, which real files have.
  const parser = new SaxesParser({ xmlns: false, forceXMLVersion: true, defaultXMLVersion: "1.0" });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on("doctype", () => {
    throw new XmlError(`has a DOCTYPE (line ${parser.line}), which no manifest needs: it is not read`);
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length >= MOST_LEVELS) {
      throw new XmlError(`has elements nested more than ${MOST_LEVELS} deep (line ${parser.line})`);
    }
    const element: XmlElement = {
      name: localName(name),
      attributes: byLocalName(attributes),
      children: [],
      line: parser.line,
    };
    if (!root) {
      root = element;
      const [prefix] = name.includes(":") ? name.split(":") : [];
      root.namespace = attributes[prefix === undefined ? "xmlns" : `xmlns:${prefix}`] || undefined;
    }
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("closetag", () => {
    open.pop();
  });
  try {
    parser.write(text).close();
  } catch (error) {
    throw error instanceof XmlError ? error : notWellFormed(error as Error);
  }
  if (!root) throw new XmlError("is no well-formed XML: it has no element");
  return root;
}

function notWellFormed({ message }: Error): XmlError {
  // saxes begins with "line:column: "
  const [, line, why] = /^(\d+):\d+: (.*)$/s.exec(message) ?? [];
  return new XmlError(`is no well-formed XML${line ? ` (line ${line})` : ""}: ${why ?? message}`);
}

export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** An attribute's value without white space around it; undefined if it is empty. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.get(name)?.trim() || undefined;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1);
}

function byLocalName(attributes: Record<string, string>): Map<string, string> {
  const named = new Map<string, string>();
  const prefixed = ([name]: [string, string]) => (name.includes(":") ? 0 : 1);
  for (const [name, value] of Object.entries(attributes).sort((a, b) => prefixed(a) - prefixed(b))) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) named.set(localName(name), value);
  }
  return named;
}

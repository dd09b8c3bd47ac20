import { SaxesParser } from "saxes";

/** Size limit of a file, in bytes. A manifest of a hundred nodes is smaller than a fifth of it. */
export const MAX_BYTES = 1024 * 1024;
/** Manifests have six levels, or ten with stitching. */
const MAX_LEVELS = 32;

/** An element, by its name without prefix: prefixes differ between testbeds, and some are never declared. */
export interface XmlElement {
  name: string;
  /** By name without prefix; if two differ only in their prefix, the one without a prefix. */
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  line: number;
}

/** A text is not an RSpec in XML. Internal: users get a SwarmbenchError `manifest-invalid` with its message. */
export class XmlError extends Error {}

/**
 * Parses XML. Expands only XML's five predefined entities and reads nothing outside the text.
 *
 * @throws XmlError for text that is not well-formed, has a DOCTYPE, is larger than {@link MAX_BYTES} or nested too deep
 */
export function parseXml(text: string): XmlElement {
  // Characters first: counting the bytes of a huge text takes long.
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) {
    throw new XmlError("is larger than 1 MiB: no manifest is that large");
  }
  if (text.trim() === "") throw new XmlError("is empty");
  // XML 1.1 would allow control characters; saxes' namespaces would refuse undeclared prefixes, which some testbeds write.
  const parser = new SaxesParser({ xmlns: false, forceXMLVersion: true, defaultXMLVersion: "1.0" });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on("doctype", () => {
    throw new XmlError(`has a DOCTYPE (line ${parser.line}), which no manifest needs: it was not read`);
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length >= MAX_LEVELS) {
      throw new XmlError(`has elements nested more than ${MAX_LEVELS} deep (line ${parser.line})`);
    }
    const element: XmlElement = {
      name: localName(name),
      attributes: byLocalName(attributes),
      children: [],
      line: parser.line,
    };
    root ??= element;
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
  if (!root) throw new XmlError("is not well-formed XML: it has no element");
  return root;
}

function notWellFormed({ message }: Error): XmlError {
  // saxes begins with "line:column: "
  const [, line, why] = /^(\d+):\d+: (.*)$/s.exec(message) ?? [];
  const reason = (why ?? message).replace(/^undefined entity/, "unknown entity");
  return new XmlError(`is not well-formed XML${line ? ` (line ${line})` : ""}: ${reason}`);
}

/** The children of an element that have a name. */
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

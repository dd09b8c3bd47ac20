import { readFileSync } from "node:fs";
import * as path from "node:path";
import { distance } from "fastest-levenshtein";

type Type = "boolean" | "int" | "short" | "long" | "double" | "string" | "list" | "class" | "password";

interface Property {
  type: Type;
  /** As text; null where Kafka has none. */
  default: string | null;
  deprecated?: true;
  /** What numbers it takes, in Kafka's words: `[least,...]` or `[least,...,most]`. */
  range?: string;
  /** What texts it takes; any where absent. */
  values?: string[];
}

interface PropertyList {
  version: string;
  properties: Record<string, Property>;
}

/** Written by `node --import tsx offline/kafkaProperties.ts` from Kafka's own jars. */
const list = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "serverProperties.json"), "utf8"),
) as PropertyList;
export const KAFKA_VERSION = list.version;

/** Every property that a server's configuration may have, by name, but those that Kafka calls internal. */
export const PROPERTIES: ReadonlyMap<string, Property> = new Map(Object.entries(list.properties));

/** What follows from other settings, and the settings it follows from. */
const MANAGED: [pattern: RegExp, setting: string][] = [
  [
    /^(node\.id|process\.roles|controller\.(listener\.names|quorum\.(voters|bootstrap\.servers|auto\.join\.enable)))$/,
    "kafka.brokers",
  ],
  [
    /^(advertised\.listeners|early\.start\.listeners|listeners|inter\.broker\.listener\.name)$/,
    "kafka.externalPort and kafka.security",
  ],
  [/^(listener\.security\.protocol\.map|security\.inter\.broker\.protocol)$/, "kafka.security"],
  [
    /^ssl\.(keystore|truststore)\.|^ssl\.(client\.auth|key\.password|endpoint\.identification\.algorithm)$/,
    "kafka.security",
  ],
  [/^sasl\.(enabled\.mechanisms|jaas\.config|mechanism\..*)$/, "kafka.security"],
  [/^(log\.dirs?|metadata\.log\.dir)$/, "the broker's volume"],
];

const INTEGERS: Partial<Record<Type, [least: bigint, most: bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** How many similar names an error about an unknown property lists. */
const NEAREST = 3;

/**
 * What is wrong with server properties that a user wants, one sentence each, beginning with the property.
 *
 * A property may begin with `listener.name.<listener>.`, which sets it for one listener only.
 */
export function checkProperties(config: Record<string, unknown>): string[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const error = checkProperty(name, value);
    return error ? [`${name}: ${error}`] : [];
  });
}

function checkProperty(name: string, value: unknown): string | undefined {
  const plain = name.replace(/^listener\.name\.(client|external|internal|controller)\./, "");
  const property = PROPERTIES.get(plain);
  if (!property) return unknownProperty(plain);
  const setting = MANAGED.find(([pattern]) => pattern.test(plain))?.[1];
  if (setting) return `swarmbench sets it itself, from ${setting}; leave it out`;
  if (property.type === "password") {
    return "it is a secret, and what is set here can be read in the service's environment; leave it out";
  }
  return checkValue(property, value);
}

function unknownProperty(name: string): string {
  const near = [...PROPERTIES.keys()]
    .map((known) => ({ known, far: distance(name, known) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, NEAREST)
    .map(({ known }) => known);
  return `Kafka ${KAFKA_VERSION} has no such server property; the nearest are ${near.join(", ")}`;
}

function checkValue({ type, range, values }: Property, value: unknown): string | undefined {
  if (!isScalar(value) && !(type === "list" && Array.isArray(value) && value.every(isScalar))) {
    return `expected ${expectation(type)}, got ${JSON.stringify(value)}`;
  }
  const text = propertyText(value);
  if (/[\r\n]/.test(text)) return "expected one line";
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${value} has been rounded, since it is so large; write it in quotes`;
  }
  if (!hasType(type, text)) return `expected ${expectation(type)}, got ${JSON.stringify(value)}`;
  if (range && !isInRange(range, Number(text))) return `expected a number in ${range}, got ${text}`;
  if (values && !values.includes(text)) return `expected one of ${values.join(", ")}, got "${text}"`;
  return undefined;
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function hasType(type: Type, text: string): boolean {
  const limits = INTEGERS[type];
  if (limits) return /^-?\d+$/.test(text) && BigInt(text) >= limits[0] && BigInt(text) <= limits[1];
  if (type === "double") return /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text);
  return type !== "boolean" || /^(true|false)$/i.test(text);
}

function expectation(type: Type): string {
  const limits = INTEGERS[type];
  if (limits) return `a whole number from ${limits[0]} to ${limits[1]}`;
  if (type === "double") return "a number";
  if (type === "boolean") return "true or false";
  return type === "list" ? "a list of texts, or one text with commas" : "a text";
}

function isInRange(range: string, value: number): boolean {
  const [, least, most] = /^\[(-?[\d.]*?),?\.\.\.,?(-?[\d.]*)\]$/.exec(range) ?? [];
  return !(least && value < Number(least)) && !(most && value > Number(most));
}

/** A value as a properties file has it, before escaping. */
export function propertyText(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** The variable that stands for a property in the environment of Kafka's image. */
export function environmentName(property: string): string {
  const marks: Record<string, string> = { ".": "_", _: "__", "-": "___" };
  return `KAFKA_${property.replace(/[._-]/g, (mark) => marks[mark] ?? "").toUpperCase()}`;
}

import { readFileSync } from "node:fs";
import * as path from "node:path";
import { distance } from "fastest-levenshtein";

type Type = "boolean" | "int" | "short" | "long" | "double" | "string" | "list" | "class" | "password";

interface Property {
  type: Type;
  /** As text; null if there is no default. */
  default: string | null;
  deprecated?: true;
  /** Range of numbers in Kafka's notation: `[min,...]` or `[min,...,max]`. */
  range?: string;
  /** Accepted strings. Default: any. */
  values?: string[];
}

interface PropertyList {
  version: string;
  properties: Record<string, Property>;
}

/** Generated from Kafka's jars by `node --import tsx offline/kafkaProperties.ts`. */
const list = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "serverProperties.json"), "utf8"),
) as PropertyList;
/** The version of Kafka that the list of properties is from. */
export const KAFKA_VERSION = list.version;

/** Every server property by name, except those that Kafka marks as internal. */
export const PROPERTIES: ReadonlyMap<string, Property> = new Map(Object.entries(list.properties));

/** Properties that are derived from other settings, and these settings. */
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

/** Number of similar names in an error about an unknown property. */
const SUGGESTIONS = 3;

/**
 * Checks configured server properties. Returns errors as lines of `property: what is wrong`.
 *
 * A property with the prefix `listener.name.<listener>.` applies to one listener only.
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
  if (setting) return `swarmbench derives it from ${setting}; leave it out`;
  if (property.type === "password") {
    return "it is a secret, which would be readable in the service's environment; leave it out";
  }
  return checkValue(property, value);
}

function unknownProperty(name: string): string {
  const similar = [...PROPERTIES.keys()]
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, SUGGESTIONS)
    .map(({ candidate }) => candidate);
  return `Kafka ${KAFKA_VERSION} has no such server property; similar ones are ${similar.join(", ")}`;
}

function checkValue({ type, range, values }: Property, value: unknown): string | undefined {
  if (!isScalar(value) && !(type === "list" && Array.isArray(value) && value.every(isScalar))) {
    return `expected ${expectation(type)}, got ${JSON.stringify(value)}`;
  }
  const text = propertyText(value);
  if (/[\r\n]/.test(text)) return "expected one line";
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return `${value} was rounded, because it is too large for a number; write it in quotes`;
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
  return type === "list" ? "a list of strings, or one string with commas" : "a string";
}

function isInRange(range: string, value: number): boolean {
  const [, min, max] = /^\[(-?[\d.]*?),?\.\.\.,?(-?[\d.]*)\]$/.exec(range) ?? [];
  return !(min && value < Number(min)) && !(max && value > Number(max));
}

/** Formats a value for a properties file, without escaping. */
export function propertyText(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** Returns the environment variable that sets a property in Kafka's official image. */
export function environmentName(property: string): string {
  const separators: Record<string, string> = { ".": "_", _: "__", "-": "___" };
  return `KAFKA_${property.replace(/[._-]/g, (separator) => separators[separator] ?? "").toUpperCase()}`;
}

// Checks of the value of one Kafka property, of a server or of a topic.
import { distance } from "fastest-levenshtein";

type Type = "boolean" | "int" | "short" | "long" | "double" | "string" | "list" | "class" | "password";

/** A property as Kafka defines it. */
export interface Property {
  type: Type;
  /** As text; null if there is no default. */
  default: string | null;
  deprecated?: true;
  /** Range of numbers in Kafka's notation: `[min,...]` or `[min,...,max]`. */
  range?: string;
  /** Accepted strings. Default: any. */
  values?: string[];
}

const INTEGERS: Partial<Record<Type, [least: bigint, most: bigint]>> = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** Returns what is wrong with the value of a property; undefined if nothing is. */
export function propertyValueError({ type, range, values }: Property, value: unknown): string | undefined {
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

/** Formats a value for a properties file, without escaping. */
export function propertyText(value: unknown): string {
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** Number of similar names in an error about an unknown name. */
const SUGGESTIONS = 3;
/** A name is similar up to this share of changed characters: two letters in ten. */
const SIMILAR = 0.2;

/** Returns the names that a mistyped name may stand for, the closest first; empty if none is close. */
export function nearNames(name: string, names: Iterable<string>): string[] {
  return [...names]
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, SIMILAR * Math.min(name.length, candidate.length)))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

/** Returns the end of an error message that suggests these names, "; did you mean …?"; empty if none is close. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const near = nearNames(name, names);
  return near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
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

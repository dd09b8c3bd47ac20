// Default error messages for schemas that declare none, in words that need no knowledge of zod.
import { z } from "zod";
import { nearNames } from "./kafkaProperty.ts";

const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping of options",
  record: "a mapping of names to values",
};

/** The kind of a value, without the value, which may be a secret. */
function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

const many = (count: unknown, what: string) => `${count} ${what}${Number(count) === 1 ? "" : "s"}`;

function limit(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>): string {
  const count = issue.code === "too_big" ? issue.maximum : issue.minimum;
  const bound = issue.code === "too_big" ? "at most" : "at least";
  if (issue.origin === "string") return `expected ${bound} ${many(count, "character")}`;
  if (issue.origin === "array" || issue.origin === "set") return `expected ${bound} ${count} in the list`;
  return `expected ${bound} ${count}`;
}

function unknownKeys({ keys, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>): string {
  const names = namesIn(inst);
  const near = keys.flatMap((key) => nearNames(key, names));
  const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `expected one of ${names.join(", ")}`;
  return `no such setting: ${keys.join(", ")}; ${names.length > 0 ? hint : "leave it out"}`;
}

function namesIn(schema: unknown): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) {
    return schema.keyType.options.map(String);
  }
  return [];
}

/** The messages of the alternatives whose type the value has; of all alternatives if it has none of their types. */
function unionMessage({ errors }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const messages = (errors ?? []).flatMap(([first]) => (first ? [first] : []));
  const near = messages.filter(({ code }) => code !== "invalid_type" && code !== "invalid_value");
  return [...new Set((near.length > 0 ? near : messages).map(({ message }) => message))].join("; or ");
}

/**
 * Returns the message of an issue whose schema declares none: an error map for `safeParse(value, { error: plainMessage })`.
 */
export function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${EXPECTED[issue.expected] ?? issue.expected}, got ${kindOf(issue.input)}`;
    case "invalid_value":
      return `expected ${issue.values.map(String).join(" or ")}`;
    case "too_big":
    case "too_small":
      return limit(issue);
    case "unrecognized_keys":
      return unknownKeys(issue);
    case "invalid_format":
      return issue.format === "regex" ? "expected text in another format" : `expected ${issue.format} text`;
    case "invalid_union":
      return unionMessage(issue);
    default:
      return undefined;
  }
}

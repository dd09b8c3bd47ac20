// The texts about an option's values, default and meaning in the documentation.
import type { JsonSchema } from "./jsonSchema.ts";

const DEFAULT_SENTENCE = /\s*Default: (.+)\.$/s;

/** Returns the meaning of an option, without the sentence about its default, which has its own column. */
export function descriptionText({ description = "", vary }: JsonSchema): string {
  const text = description.replace(DEFAULT_SENTENCE, "");
  if (!vary) return text;
  return `${text} *A sweep may vary it${vary === "search" ? ", and a search too" : ""}.*`;
}

/** Returns the default of an option. */
export function defaultText(schema: JsonSchema, isRequired: boolean): string {
  const { default: usual, whenAbsent, description = "" } = schema;
  if (isRequired) return "required";
  if (whenAbsent) return whenAbsent;
  if (schema.properties && usual !== undefined) return "as below";
  if (usual !== undefined) return isEmpty(usual) ? "none" : code(usual);
  return DEFAULT_SENTENCE.exec(description)?.[1] ?? "none";
}

function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && Object.keys(value ?? {}).length === 0);
}

/** Returns the values that an option accepts, in a few words. */
export function typeText(schema: JsonSchema): string {
  const { valueType, textForm, items, unit } = schema;
  if (valueType) return valueType;
  if (textForm) return `${textForm}, or options as below`;
  if (schema.const !== undefined) return code(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return orList([...new Set(choices.map(typeText))]);
  if (schema.enum) return orList(schema.enum.map(code));
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeText).join(", ")}]`;
  switch (schema.type) {
    case "boolean":
      return "`true` or `false`";
    case "integer":
    case "number":
      return numberText(schema) + (unit ? `, in ${unit}` : "");
    case "array":
      return `list: ${typeof items === "object" ? typeText(items) : "anything"}`;
    case "object":
      return objectText(schema);
    default:
      return schema.units ? quantityText(schema) : "text";
  }
}

function numberText({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const what = type === "integer" ? "whole number" : "number";
  if (exclusiveMinimum !== undefined) return `${what} above ${exclusiveMinimum}`;
  if (minimum === undefined || maximum === undefined) return what;
  return `${what}, ${minimum} to ${maximum}`;
}

function quantityText({ default: usual, examples = [], units = [] }: JsonSchema): string {
  const names = units.filter((unit) => !units.includes(`${unit}s`));
  return `such as ${code(usual ?? examples[0])}; in ${orList(names)}`;
}

function objectText({ properties, additionalProperties: values }: JsonSchema): string {
  if (properties) return code(Object.keys(properties).length > 3 ? "{ … }" : shape({ properties }));
  return typeof values === "object" && !values.properties
    ? `by name: ${typeText(values)}`
    : "options, by name";
}

function shape({ properties }: JsonSchema): string {
  if (!properties) return "…";
  const names = Object.entries(properties).map(([name, value]) =>
    value.properties ? `${name}: ${shape(value)}` : name,
  );
  return `{ ${names.join(", ")} }`;
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function orList(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}

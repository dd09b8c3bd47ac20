// The configuration's schemas as JSON Schema, for the documentation and for editors.
import { z } from "zod";
import { settingsSchema } from "./schema.ts";

/**
 * JSON Schema with the metadata that the schemas carry (zod's `.meta()`).
 *
 * @see https://json-schema.org/draft/2020-12
 */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: boolean | JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  /** Examples of a quantity, such as "90 seconds". */
  examples?: string[];
  /** Accepted units of a quantity. */
  units?: string[];
  /** Unit of a plain number. */
  unit?: string;
  /** Kind of value, if the JSON type is not specific enough. */
  valueType?: string;
  /** Meaning of leaving out an option that has no fixed default. */
  whenAbsent?: string;
  /** Meaning of a string that is accepted instead of an object. */
  textForm?: string;
  /** Whether the steps of a sweep may vary the option (`sweep`), and a search too (`search`). */
  vary?: "sweep" | "search";
  /** Whether a string is accepted too, because `pulumi config set` stores numbers and booleans as strings. */
  coerced?: boolean;
}

/** Converts a key's schema to JSON Schema of the input that users write, before parsing. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    // Shared schemas, such as labels, are repeated at each use instead of referenced.
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // z.preprocess: zod does not know the type of the input, so the schema behind the preprocessing is used.
      if (def.type !== "pipe" || (def as z.core.$ZodPipeDef).in._zod.def.type !== "transform") return;
      const { $schema: _, ...target } = toJsonSchema(
        (def as z.core.$ZodPipeDef).out as z.ZodType,
      ) as JsonSchema & {
        $schema?: string;
      };
      Object.assign(jsonSchema, { ...target, ...jsonSchema, coerced: true });
    },
  });
  return json as JsonSchema;
}

/** The JSON Schema of a stack file, `Pulumi.<scenario>.yaml`, for editors. */
export function stackFileSchema(): object {
  const keys = Object.entries(settingsSchema).map(([key, schema]) => {
    const { $schema: _, ...json } = toJsonSchema(schema) as { $schema?: string };
    return [`swarmbench:${key}`, forEditors(json)];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A stack of swarmbench",
    type: "object",
    properties: { config: { type: "object", properties: Object.fromEntries(keys) } },
  };
}

/** Removes metadata that editors do not know, and adds the strings that are accepted instead of other types. */
function forEditors(json: JsonSchema): JsonSchema {
  const { units: _, unit: __, valueType: ___, whenAbsent, textForm, vary: ____, coerced, ...rest } = json;
  const plain = mapChildren(rest, forEditors);
  if (whenAbsent && plain.description) plain.description += ` Default: ${whenAbsent}.`;
  if (textForm) return { anyOf: [{ type: "string", description: textForm }, plain] };
  const { description, default: usual, ...checks } = plain;
  return coerced && checks.type !== "string"
    ? { description, default: usual, anyOf: [checks, { type: "string" }] }
    : plain;
}

function mapChildren(json: JsonSchema, change: (child: JsonSchema) => JsonSchema): JsonSchema {
  const one = (child: boolean | JsonSchema | undefined) =>
    typeof child === "object" ? change(child) : child;
  const named = (children: Record<string, JsonSchema> | undefined) =>
    children && Object.fromEntries(Object.entries(children).map(([name, child]) => [name, change(child)]));
  return {
    ...json,
    properties: named(json.properties),
    additionalProperties: one(json.additionalProperties),
    items: one(json.items),
    prefixItems: json.prefixItems?.map(change),
    anyOf: json.anyOf?.map(change),
    oneOf: json.oneOf?.map(change),
  };
}

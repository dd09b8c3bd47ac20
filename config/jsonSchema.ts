// The configuration's schemas as JSON Schema, for its documentation and for editors.
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
  /** Of a number and a unit, such as "90 seconds". */
  examples?: string[];
  units?: string[];
  /** Unit of a plain number. */
  unit?: string;
  /** What the value is, where its JSON type does not say it. */
  valueType?: string;
  /** What holds where the option is left out and has no default of its own. */
  whenAbsent?: string;
  /** What a text means where an object is expected. */
  textForm?: string;
  /** Whether the steps of a benchmark may vary the option, and whether a search may. */
  vary?: "sweep" | "search";
  /** Whether a text is taken too, as `pulumi config set` stores numbers and booleans. */
  coerced?: boolean;
}

/** A key's schema as JSON Schema of what a user writes, not of what it is parsed to. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    // Labels and the like are shared objects: written out where they are used, not by reference.
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // z.preprocess: what comes in is unknown to zod, what comes out of the preprocessing is what a user means.
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

/** JSON Schema of a stack's file, `Pulumi.<scenario>.yaml`, for editors. */
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

/** Without the metadata that editors do not know, and with the texts that are taken instead of numbers, booleans and objects. */
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

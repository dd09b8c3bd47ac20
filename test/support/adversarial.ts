// Generates configurations by kind: a wrong value of every type for every option that the schemas have.
import { type JsonSchema, toJsonSchema } from "../../config/jsonSchema.ts";
import { settingsSchema } from "../../config/schema.ts";
import { TESTBEDS } from "../../config/testbed/index.ts";

/** A configuration, and the path of the option that is wrong in it. */
export interface Case {
  what: string;
  config: Record<string, unknown>;
  path: string;
}

/** Values of every kind. An option accepts few of them. */
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e300,
  "",
  "\n",
  "$(reboot)",
  "9999999999999999 days",
  "-5 seconds",
  [],
  [null],
  ["a", ["b"]],
  {},
  { __proto__x: 1 },
  { constructor: { prototype: 1 } },
];

/** The options that each kind of testbed needs. */
const TESTBED_BASE: Readonly<Record<string, Record<string, unknown>>> = {
  local: { kind: "local" },
  ssh: { kind: "ssh", hosts: ["a", "b", "c"] },
  oar: { kind: "oar", frontend: "f", user: "u", walltime: "2 hours" },
  rspec: { kind: "rspec", manifests: ["m.xml"] },
};

interface Root {
  path: string[];
  schema: JsonSchema;
  base: Record<string, unknown>;
}

function roots(): Root[] {
  const keys = Object.entries(settingsSchema)
    .filter(([key]) => key !== "testbed")
    .map(([key, schema]): Root => ({ path: [key], schema: toJsonSchema(schema), base: {} }));
  const kinds = TESTBEDS.map(({ kind, schema }): Root => {
    const testbed = TESTBED_BASE[kind] ?? {};
    return { path: ["testbed"], schema: toJsonSchema(schema), base: { testbed } };
  });
  return [...keys, ...kinds];
}

/** Every option below a schema, as a path. */
function optionsOf({ properties = {} }: JsonSchema, path: readonly string[]): string[][] {
  return Object.entries(properties)
    .filter(([, schema]) => schema.const === undefined)
    .flatMap(([name, schema]) => [[...path, name], ...optionsOf(schema, [...path, name])]);
}

/** The base configuration with one value set. */
function withValue(base: Record<string, unknown>, path: readonly string[], value: unknown) {
  const config = structuredClone(base);
  let tree = config;
  for (const name of path.slice(0, -1)) {
    tree[name] = { ...(tree[name] as object | undefined) };
    tree = tree[name] as Record<string, unknown>;
  }
  tree[path.at(-1) ?? ""] = value;
  return config;
}

/** One case for every option and every kind of value, and one for a typo in every group of options. */
export function casesByKind(): Case[] {
  return roots().flatMap(({ path, schema, base }) => {
    const options = [path, ...optionsOf(schema, path)];
    return options.flatMap((option) =>
      VALUES.map((value) => ({
        what: `${option.join(".")} = ${JSON.stringify(value)} (${JSON.stringify(base)})`,
        config: withValue(base, option, value),
        path: `swarmbench:${option.join(".")}`,
      })),
    );
  });
}

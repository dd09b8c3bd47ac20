import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { generatedFiles } from "./generated.ts";
import { type JsonSchema, stackFileSchema, toJsonSchema } from "./jsonSchema.ts";
import { settingsSchema } from "./schema.ts";
import { TESTBEDS } from "./testbed/index.ts";

const PROJECT = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(PROJECT, file), "utf8");
const scenarios = readdirSync(PROJECT).filter((name) => /^Pulumi\..+\.yaml$/.test(name));

describe("a file that is generated from the configuration's schemas", () => {
  for (const [file, text] of Object.entries(generatedFiles(read))) {
    it(`is current: ${file} (otherwise run: swarmbench docs)`, () => assert.equal(read(file), text));
  }
});

describe("the configuration's documentation", () => {
  it("describes every option", () => {
    const described = Object.entries(settingsSchema);
    const undescribed = described.flatMap(([key, schema]) => withoutDescription(key, schema));
    assert.deepEqual(undescribed, []);
  });

  it("has a section for every key, and one for every kind of testbed", () => {
    const headings = read("docs/configuration.md").match(/^##+ .*/gm);
    const kinds = TESTBEDS.map(({ kind }) => `### testbed.kind: ${kind}`);
    const keys = Object.keys(settingsSchema).flatMap((key) => [
      `## ${key}`,
      ...(key === "testbed" ? kinds : []),
    ]);
    assert.deepEqual(headings, keys);
  });

  it("links only to guides that exist", () => {
    const missing = TESTBEDS.flatMap(({ page }) => page ?? []).filter(
      (page) => !existsSync(path.join(PROJECT, page)),
    );
    assert.deepEqual(missing, []);
  });
});

describe("Pulumi.yaml", () => {
  it("has every key of the configuration except the number of nodes, with the same defaults", () => {
    const { config } = parse(read("Pulumi.yaml")) as { config: Record<string, { default: unknown }> };
    const defaults = Object.entries(settingsSchema)
      .map(([key, schema]) => [`swarmbench:${key}`, toJsonSchema(schema).default])
      .filter(([key]) => key !== "swarmbench:nodes");
    assert.deepEqual(
      Object.fromEntries(Object.entries(config).map(([key, value]) => [key, value.default])),
      Object.fromEntries(defaults),
    );
  });
});

describe("the schema for editors", () => {
  const schema = z.fromJSONSchema(stackFileSchema() as z.core.JSONSchema.JSONSchema);
  for (const file of scenarios) {
    it(`accepts the committed scenario ${file}`, () =>
      assert.equal(schema.safeParse(parse(read(file))).error, undefined));
  }

  it("rejects a typo in an option", () => {
    const config = { "swarmbench:kafka": { broker: 3 } };
    assert.ok(!schema.safeParse({ config }).success);
  });
});

/** Paths of options without a description, including those of nested objects. */
function withoutDescription(key: string, schema: z.ZodType): string[] {
  const undescribed: string[] = [];
  const visit = (name: string, json: JsonSchema): void => {
    const { items, additionalProperties: values } = json;
    if (!json.description && json.const === undefined) undescribed.push(name);
    for (const within of [json, items, values, ...(json.oneOf ?? [])]) {
      if (typeof within !== "object") continue;
      for (const [own, option] of Object.entries(within.properties ?? {})) visit(`${name}.${own}`, option);
    }
  };
  visit(key, toJsonSchema(schema));
  return undescribed;
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { optionMeta } from "./option.ts";
import { variableText } from "./text.ts";
import {
  benchmarkSchema,
  isWholeVariable,
  SEARCH_VARIABLES,
  STEP_VARIABLES,
  type WorkloadInput,
  workloadSchema,
} from "./workload.ts";

/** Every object of a schema, with its path. */
function fieldsOf(shape: Readonly<Record<string, z.ZodType>>, path = ""): [string, z.ZodType][] {
  return Object.entries(shape).flatMap(([name, schema]): [string, z.ZodType][] => {
    const inner = innermost(schema);
    const below = inner instanceof z.ZodObject ? fieldsOf(inner.shape, `${path}${name}.`) : [];
    return [[`${path}${name}`, schema], ...below];
  });
}

function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? innermost(schema.def.innerType as z.ZodType)
    : schema;
}

describe("the options of a workload and a benchmark", () => {
  for (const [name, schema] of [
    ["workload", workloadSchema],
    ["benchmark", benchmarkSchema],
  ] as const) {
    it(`(${name}) all have a description`, () => {
      const missing = fieldsOf(schema.shape).filter(([, field]) => !field.description?.endsWith("."));
      assert.deepEqual(
        missing.map(([path]) => path),
        [],
      );
    });
  }

  it("declare which of them a sweep may vary, and which of them a search too", () => {
    const searched = ["producers", "rate", "totalRate", "messageBytes", "consumers"];
    const swept = [
      "client",
      "arrival",
      "partitions",
      "acks",
      "compression",
      "lingerMs",
      "batchBytes",
      "groups",
      "nodes",
    ];
    const fixed = ["content", "keys", "topic", "replicationFactor", "topicConfig", "idempotent"];
    const named = [...searched, ...swept, ...fixed, "maxOutstanding", "fetch"];
    const among = (names: readonly string[]) => names.filter((name) => named.includes(name)).sort();
    assert.deepEqual(among(STEP_VARIABLES), [...searched, ...swept].sort());
    assert.deepEqual(among(SEARCH_VARIABLES), searched.toSorted());
    assert.deepEqual(
      SEARCH_VARIABLES.filter((name) => named.includes(name) && isWholeVariable(name)),
      ["producers", "messageBytes", "consumers"],
    );
  });

  it("are shown with their unit if their name does not have it", () => {
    assert.equal(optionMeta(workloadSchema.shape.lingerMs).unit, "ms");
    const shown = ["lingerMs", "messageBytes", "rate", "producers", "unknown"].map(variableText);
    assert.deepEqual(shown, [
      "lingerMs",
      "messageBytes",
      "rate, messages per second",
      "producers",
      "unknown",
    ]);
  });

  it("stay the same when they are parsed again", () => {
    const load: WorkloadInput = {
      arrival: { ramp: { over: "2 minutes" } },
      messageBytes: { uniform: [50, 90] },
    };
    const workload = workloadSchema.parse(load);
    assert.deepEqual(workloadSchema.parse(workload), workload);
    const benchmark = benchmarkSchema.parse({
      search: { variable: "rate", from: 1, to: 5, maxTime: "2 hours" },
      warmUp: { max: "1 minute" },
    });
    assert.deepEqual([benchmark.search?.maxTime, benchmark.warmUp.max], [7_200, 60]);
    assert.deepEqual(benchmarkSchema.parse(benchmark), benchmark);
  });
});

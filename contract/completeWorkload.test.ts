import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { completeBenchmarkSchema, completeWorkloadSchema } from "./completeWorkload.ts";
import { benchmarkSchema, workloadSchema } from "./workload.ts";

const travelled = (value: unknown) => JSON.parse(JSON.stringify(value));
const errorsOf = (schema: typeof completeWorkloadSchema | typeof completeBenchmarkSchema, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("a workload that travels between processes", () => {
  const workload = workloadSchema.parse({ arrival: { ramp: { over: "2 minutes" } }, totalRate: 500 });
  const benchmark = benchmarkSchema.parse({ search: { variable: "rate", from: 1, to: 5 }, soak: "1 hour" });

  it("arrives as it was parsed", () => {
    assert.deepEqual(completeWorkloadSchema.parse(travelled(workload)), workload);
    assert.deepEqual(completeBenchmarkSchema.parse(travelled(benchmark)), benchmark);
  });

  it("arrives whatever the order of its keys", () => {
    const reversed = Object.fromEntries(Object.entries(travelled(workload)).reverse());
    assert.deepEqual(completeWorkloadSchema.parse(reversed), workload);
  });

  it("gets no default: what is missing is an error that names it", () => {
    const { lingerMs: _, ...incomplete } = workload;
    assert.deepEqual(errorsOf(completeWorkloadSchema, incomplete), [
      "lingerMs: is missing, or is not in its parsed form",
    ]);
    const { drain: __, ...shorter } = benchmark;
    assert.match(errorsOf(completeBenchmarkSchema, shorter).join(), /^drain: is missing/);
  });

  it("is not converted: a time is a number by then", () => {
    const text = { ...benchmark, duration: "10 seconds" };
    assert.match(errorsOf(completeBenchmarkSchema, text).join(), /^duration: .*not in its parsed form/);
  });

  it("has its values checked, with their paths", () => {
    assert.match(
      errorsOf(completeWorkloadSchema, { ...workload, producers: 0 }).join(),
      /^producers: expected/,
    );
    assert.match(
      errorsOf(completeWorkloadSchema, undefined).join(),
      /expected a mapping of options, got nothing/,
    );
  });

  it("has the content of a file, not its path", () => {
    assert.deepEqual(errorsOf(completeWorkloadSchema, { ...workload, content: { file: "x" } }), [
      "content.file: the file has not been read",
    ]);
  });
});

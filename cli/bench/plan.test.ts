import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmbenchError } from "../../contract/errors.ts";
import { parsePlan, parsePlanText } from "./plan.ts";

describe("a benchmark plan that cannot be used", () => {
  it("is an error with a code, every path and a hint, and quotes no value", () => {
    const document = { scenario: "local", target: { kafka: { security: { password: "hidden" } } } };
    assert.throws(
      () => parsePlan(document, "stack local"),
      (error: SwarmbenchError) => {
        assert.equal(error.code, "stack-outdated");
        assert.match(
          error.message,
          /^the benchmark plan of stack local does not match this version of swarmbench:\n/,
        );
        assert.match(error.message, /\n {2}workload: /);
        assert.match(error.message, /\n {2}target\.kafka\.bootstrap: /);
        assert.doesNotMatch(error.message, /hidden/);
        assert.match(error.hint ?? "", /pulumi up/);
        return true;
      },
    );
  });

  it("is a usage error if standard input is not JSON, and does not quote it", () => {
    assert.throws(
      () => parsePlanText("hidden"),
      (error) =>
        error instanceof SwarmbenchError && error.code === "usage" && !error.message.includes("hidden"),
    );
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import { describeError, docsOf, ERROR_CODES, EXIT, exitCodeOf, SwarmbenchError } from "./errors.ts";

const docs = readFileSync(path.resolve(import.meta.dirname, "../docs/errors.md"), "utf8");

describe("an error", () => {
  it("has the exit code and the docs of its code", () => {
    const error = new SwarmbenchError("out-of-time", "too short");
    assert.deepEqual([error.exitCode, error.docs], [5, "docs/errors.md#out-of-time"]);
  });

  it("shows its hint below its message", () => {
    const error = new SwarmbenchError("failed", "no disk", { hint: "Make room." });
    assert.equal(describeError(error), "no disk\n\nMake room.");
    assert.match(String(error), /no disk\n\nMake room\./);
    assert.equal(error.message, "no disk");
  });

  it("keeps its cause", () => {
    const cause = new Error("ENOSPC");
    assert.equal(new SwarmbenchError("failed", "no disk", { cause }).cause, cause);
  });

  it("shows a stack only for a bug of the program", () => {
    assert.equal(describeError(new Error("no disk")), "no disk");
    assert.match(describeError(new TypeError("x is undefined")), /unexpected.*x is undefined\n +at /);
  });
});

describe("every error code", () => {
  for (const code of ERROR_CODES) {
    it(`is documented with its exit code: ${code}`, () => {
      const [, section] = docs.split(`\n## ${code}\n`);
      assert.match(section ?? "", new RegExp(`^\\s*Exit code ${exitCodeOf(code)}\\.`));
      assert.ok(docsOf(code).endsWith(`#${code}`));
    });
  }

  it("is documented, and no other code is", () => {
    const headings = [...docs.matchAll(/^## (.*)$/gm)].map(([, name]) => name);
    assert.deepEqual(headings, ERROR_CODES);
  });
});

it("every exit code is documented", () => {
  const rows = [...docs.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(rows, Object.values(EXIT));
});

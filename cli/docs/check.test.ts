import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { programFor } from "../program.ts";
import { docsErrors, readmeErrors, testNames } from "./check.ts";

const project = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(project, file), "utf8");

describe("the documentation", () => {
  it("has no broken links or references, names only commands that exist, and has a README within its limits", async () => {
    const errors = docsErrors(project, await programFor(undefined));
    // Docstrings have a check of their own.
    assert.deepEqual(
      errors.filter((error) => !error.endsWith("has no docstring")),
      [],
    );
  });

  it("names the command that CI runs", () => {
    assert.match(read(".ci/run"), /^npm test$/m);
    assert.match(read("README.md"), /^npm test\b/m);
  });
});

describe("a README", () => {
  it("may have 150 lines and 8 KB", () => assert.deepEqual(readmeErrors("x\n".repeat(150)), []));

  it("is reported if it is longer", () => {
    assert.deepEqual(readmeErrors("x\n".repeat(151)), [
      "README.md has 151 lines, more than 150: move details to docs/",
    ]);
    assert.deepEqual(readmeErrors("x".repeat(8193)), [
      "README.md has 8193 bytes, more than 8192: move details to docs/",
    ]);
  });
});

describe("the names that npm test takes", () => {
  it("are those of its parts and of test files", () => {
    const names = testNames(project);
    for (const name of ["unit", "e2e", "check", "recovery", "calibrate"]) assert.ok(names.has(name), name);
    assert.ok(!names.has("check.test"));
  });
});

describe("the citation metadata", () => {
  const manifest = JSON.parse(read("package.json"));

  it("has name, version and licence of package.json in CITATION.cff", () => {
    const citation = parse(read("CITATION.cff"));
    assert.equal(citation["cff-version"], "1.2.0");
    assert.deepEqual(
      [citation.title, citation.version, citation.license],
      [manifest.name, manifest.version, manifest.license],
    );
    assert.deepEqual(citation.authors, [{ name: "The swarmbench authors" }]);
  });

  it("has name, version and licence of package.json in codemeta.json", () => {
    const codemeta = JSON.parse(read("codemeta.json"));
    assert.deepEqual(
      [codemeta.name, codemeta.version, codemeta.license],
      [manifest.name, manifest.version, `https://spdx.org/licenses/${manifest.license}`],
    );
    assert.deepEqual(
      codemeta.author.map(({ name }: { name: string }) => name),
      ["The swarmbench authors"],
    );
  });

  it("has the licence of LICENSE", () => {
    assert.match(read("LICENSE"), /^\s*Apache License\s+Version 2\.0/);
    assert.equal(manifest.license, "Apache-2.0");
  });
});

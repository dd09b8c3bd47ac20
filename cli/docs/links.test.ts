import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { brokenLinks, brokenReferences } from "./links.ts";
import { readPages } from "./markdown.ts";

describe("links", () => {
  const root = mkdtempSync(path.join(tmpdir(), "swarmbench-docs-"));
  after(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, "docs"));
  mkdirSync(path.join(root, "node_modules"));
  writeFileSync(path.join(root, "node_modules/x.md"), "[gone](gone.md)");
  writeFileSync(
    path.join(root, "docs/b.md"),
    "# Title\n[up](../a.md) [here](#title) [web](https://example.org/x#y)",
  );

  it("are correct if file and heading exist", () => {
    writeFileSync(path.join(root, "a.md"), "[b](docs/b.md#title) [folder](docs)");
    assert.deepEqual(brokenLinks(root, readPages(root)), []);
  });

  it("are reported with their line if the file or the heading does not exist", () => {
    writeFileSync(path.join(root, "a.md"), "\n[b](docs/b.md#other) [c](docs/c.md) [d](#d)");
    assert.deepEqual(brokenLinks(root, readPages(root)), [
      "a.md:2 docs/b.md#other: there is no such heading",
      "a.md:2 docs/c.md: there is no such file",
      "a.md:2 #d: there is no such heading",
    ]);
  });
});

describe("references from code to the documentation", () => {
  const root = mkdtempSync(path.join(tmpdir(), "swarmbench-references-"));
  after(() => rmSync(root, { recursive: true }));
  for (const folder of ["docs", "lib"]) mkdirSync(path.join(root, folder));
  writeFileSync(path.join(root, "docs/a.md"), "# Title");

  it("are reported if the page or the heading does not exist", () => {
    writeFileSync(path.join(root, "lib/a.ts"), "// docs/a.md, docs/a.md#title\n// docs/a.md#other");
    writeFileSync(path.join(root, "Pulumi.b.yaml"), "# docs/b.md");
    assert.deepEqual(brokenReferences(root, ["lib"], readPages(root)), [
      "Pulumi.b.yaml:1 docs/b.md: there is no such file",
      "lib/a.ts:2 docs/a.md#other: there is no such heading",
    ]);
  });
});

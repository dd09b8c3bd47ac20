import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { anchorOf, brokenLinks, parsePage, readPages } from "./markdown.ts";

describe("a heading", () => {
  it("has the anchor that GitHub gives it", () => {
    assert.equal(anchorOf("Add a Kafka client"), "add-a-kafka-client");
    assert.equal(anchorOf("testbed.kind: `ssh`"), "testbedkind-ssh");
    assert.equal(
      anchorOf("Grid'5000: from [an account](x.md) to a report"),
      "grid5000-from-an-account-to-a-report",
    );
  });

  it("has a number behind its anchor where an earlier heading has the same", () => {
    assert.deepEqual(parsePage("a.md", "# One\n## One\n## One").anchors, ["one", "one-1", "one-2"]);
  });

  it("is not a comment in a code block", () => {
    assert.deepEqual(parsePage("a.md", "# One\n```sh\n# no heading\n```\n## Two").anchors, ["one", "two"]);
  });
});

describe("a page", () => {
  it("has links and images with their lines, but none from code", () => {
    const text = '[a](a.md#x) ![b](b.png)\n`[c](c.md)`\n```\n[d](d.md)\n```\n<img src="e.png">';
    assert.deepEqual(parsePage("a.md", text).links, [
      { line: 1, text: "a.md#x" },
      { line: 1, text: "b.png" },
      { line: 6, text: "e.png" },
    ]);
  });

  it("has code from inline code and shell blocks, but not from output", () => {
    const text = "`npm test`\n```sh\nnpm run a\n```\n```text\nnpm run b\n```";
    assert.deepEqual(parsePage("a.md", text).code, [
      { line: 1, text: "npm test" },
      { line: 3, text: "npm run a" },
    ]);
  });
});

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

  it("are correct where file and heading exist", () => {
    writeFileSync(path.join(root, "a.md"), "[b](docs/b.md#title) [folder](docs)");
    assert.deepEqual(brokenLinks(root, readPages(root)), []);
  });

  it("are reported with their line where the file or the heading does not exist", () => {
    writeFileSync(path.join(root, "a.md"), "\n[b](docs/b.md#other) [c](docs/c.md) [d](#d)");
    assert.deepEqual(brokenLinks(root, readPages(root)), [
      "a.md:2 docs/b.md#other: there is no such heading",
      "a.md:2 docs/c.md: there is no such file",
      "a.md:2 #d: there is no such heading",
    ]);
  });
});

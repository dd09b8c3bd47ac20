import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anchorOf, parsePage } from "./markdown.ts";

describe("a heading", () => {
  it("has the anchor that GitHub gives it", () => {
    assert.equal(anchorOf("Add a Kafka client"), "add-a-kafka-client");
    assert.equal(anchorOf("testbed.kind: `ssh`"), "testbedkind-ssh");
    assert.equal(
      anchorOf("Grid'5000: from [an account](x.md) to a report"),
      "grid5000-from-an-account-to-a-report",
    );
  });

  it("has a numbered anchor if an earlier heading has the same text", () => {
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

  it("is reported with the line of a code block that has no end", () => {
    assert.equal(parsePage("a.md", "```sh\n```\n\n```\na").openBlock, 4);
    assert.equal(parsePage("a.md", "```sh\n```").openBlock, undefined);
  });

  it("has code from inline code and shell blocks, but not from output", () => {
    const text = "`npm test`\n```sh\nnpm run a\n```\n```text\nnpm run b\n```";
    assert.deepEqual(parsePage("a.md", text).code, [
      { line: 1, text: "npm test" },
      { line: 3, text: "npm run a" },
    ]);
  });
});

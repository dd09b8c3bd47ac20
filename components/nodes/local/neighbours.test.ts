import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { neighboursThatDoNotFit } from "./neighbours.ts";

describe("the kernel's table of neighbours, which containers share", () => {
  it("is large enough by default for 32 nodes, each of which knows all", () => {
    assert.equal(neighboursThatDoNotFit(32, 1_024), undefined);
  });

  it("is to be enlarged for more, by a command that is said", () => {
    const told = neighboursThatDoNotFit(50, 1_024) ?? "";
    assert.match(told, /2500 entries .* holds 1024/);
    assert.match(told, /sysctl -w \S+gc_thresh2=4096 \S+gc_thresh3=8192$/);
  });

  it("is enough once that command was run", () => {
    assert.equal(neighboursThatDoNotFit(50, 8_192), undefined);
  });
});

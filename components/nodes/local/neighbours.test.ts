import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { neighbourTableWarning } from "./neighbours.ts";

describe("the kernel's neighbour table, which containers share", () => {
  it("is large enough by default for 32 nodes that all know each other", () => {
    assert.equal(neighbourTableWarning(32, 1_024), undefined);
  });

  it("is too small for more nodes, and the warning has the command to enlarge it", () => {
    const warning = neighbourTableWarning(50, 1_024) ?? "";
    assert.match(warning, /2500 entries .* holds 1024/);
    assert.match(warning, /sysctl -w \S+gc_thresh2=4096 \S+gc_thresh3=8192$/);
  });

  it("is large enough after that command", () => {
    assert.equal(neighbourTableWarning(50, 8_192), undefined);
  });
});

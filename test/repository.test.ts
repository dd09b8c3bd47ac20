import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { describe, it } from "node:test";

const root = path.resolve(import.meta.dirname, "..");
const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" });

describe("what is committed", () => {
  it("holds no scenario with a salt: it belongs to one checkout's passphrase, and every other would refuse it", () => {
    const scenarios = git("ls-files", "Pulumi.*.yaml").trim().split("\n");
    assert.ok(scenarios.includes("Pulumi.local.yaml"));
    for (const file of scenarios) {
      assert.doesNotMatch(git("show", `:${file}`), /encryptionsalt/, `${file}: git restore --staged -p it`);
    }
  });
});

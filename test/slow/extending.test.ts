import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { PROJECT, readRecipes } from "../support/recipes.ts";

const TEST_FLAGS = [
  "--import",
  "tsx",
  "--import",
  "./test/support/preload.ts",
  "--test",
  "--test-reporter=tap",
];

/** Runs a program. @throws AssertionError with its output if it fails */
function run(cwd: string, program: string, ...args: string[]): string {
  // With this variable, a test runner reports to its parent runner.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  assert.ok(status === 0, `${program} ${args.join(" ")}\n${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

describe("the example of a recipe in docs/extending.md", () => {
  let copy: string;
  before(() => {
    copy = mkdtempSync(path.join(tmpdir(), "swarmbench-extending-"));
    const listed = run(PROJECT, "git", "ls-files", "-z").split("\0").filter(Boolean);
    for (const file of listed.filter((name) => existsSync(path.join(PROJECT, name)))) {
      cpSync(path.join(PROJECT, file), path.join(copy, file));
    }
    symlinkSync(path.join(PROJECT, "node_modules"), path.join(copy, "node_modules"));
    run(copy, "git", "init", "--quiet");
    run(copy, "git", "add", "--all");
  });
  after(() => rmSync(copy, { recursive: true }));

  for (const { title, patch, tests } of readRecipes()) {
    it(`compiles and passes the tests of the recipe: ${title}`, () => {
      run(copy, "git", "apply", patch);
      try {
        for (const generated of ["docs", "schema"]) run(copy, process.execPath, "swarmbench.mjs", generated);
        run(copy, path.join("node_modules", ".bin", "tsc"), "--noEmit");
        assert.match(run(copy, process.execPath, ...TEST_FLAGS, ...tests), /^# pass [1-9]\d*$/m);
      } finally {
        run(copy, "git", "checkout", "--quiet", "--", ".");
        run(copy, "git", "clean", "--force", "-d", "--quiet");
      }
    });
  }
});

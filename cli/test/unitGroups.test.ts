import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { groupsOf } from "./unitGroups.ts";

const repository = path.resolve(import.meta.dirname, "../..");

describe("groups of unit tests", () => {
  it("contain every file once, and the tests of steps alone", () => {
    const files = [
      "bench/a.test.ts",
      "cli/lib/lib.test.ts",
      "cli/ui/c.test.ts",
      "components/services/d.test.ts",
    ];
    const groups = groupsOf(files);
    assert.deepEqual([...groups.values()].flat().sort(), files);
    assert.deepEqual(groups.get("steps"), ["cli/lib/lib.test.ts"]);
  });
});

describe("a group of test files in one process", () => {
  const files: Record<string, string> = {
    first: `import { beforeEach, it } from "node:test"; beforeEach(() => { globalThis.ran = (globalThis.ran ?? 0) + 1; }); it("a", () => {});`,
    hanging: `import { it } from "node:test"; it("hangs", () => new Promise(() => {}));`,
    broken: `throw new Error("of the file");`,
    second: `import { it } from "node:test"; it("b", () => { if (globalThis.ran !== 1) throw new Error("ran " + globalThis.ran); }); it("c", () => { throw new Error("of c"); });`,
  };
  const timeoutMs = 3_000;
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(folder, { recursive: true }));

  let output = "";
  before(() => {
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(path.join(folder, `${name}.test.ts`), text);
      return path.relative(repository, path.join(folder, `${name}.test.ts`));
    });
    const runner = pathToFileURL(path.join(repository, "test/support/unit/group.ts")).href;
    const program = path.join(folder, "group.mjs");
    const call = `await runGroup(${JSON.stringify(paths)}, ${timeoutMs});`;
    writeFileSync(program, `import { runGroup } from ${JSON.stringify(runner)}; ${call}`);
    const run = path.join(repository, "test/support/unit/run.ts");
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // that of the test runner around this one
    const options = { encoding: "utf8", env, cwd: repository, stdio: "pipe" } as const;
    try {
      execFileSync(process.execPath, ["--import", "tsx", run, "1", "900", program], options);
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
  });

  it("keeps the hooks of a file to its own tests", () => assert.match(output, /✔ b /));

  it("times out a file that hangs, and names it", () => {
    assert.match(output, /✖ hangs/);
    assert.match(
      output,
      /test at \S*hanging\.test\.ts\S*\n✖ \S*hanging\.test\.ts [^\n]*\n +'test timed out after 3000ms'/,
    );
  });

  it("runs the others if a file cannot be loaded, and names it", () => {
    assert.match(output, /ℹ pass 2\n/);
    assert.match(output, /✖ can be loaded[\s\S]*Error: of the file/);
  });

  it("fails, and lists a failed test with its own file", () => {
    assert.match(output, /test at \S*second\.test\.ts\S*\n✖ c [\s\S]*Error: of c/);
  });
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { undocumented } from "./docstrings.ts";

const ROOMS = ["bench", "components", "config", "contract", "lib", "results", "testbeds"];

describe("exported symbols without a docstring", () => {
  const root = mkdtempSync(path.join(tmpdir(), "swarmbench-docstrings-"));
  after(() => rmSync(root, { recursive: true }));
  for (const room of ROOMS) mkdirSync(path.join(root, room));
  const listOf = (text: string, file = "lib/a.ts") => {
    writeFileSync(path.join(root, file), text);
    const found = undocumented(root);
    rmSync(path.join(root, file));
    return found;
  };

  it("are listed with file, line and name", () =>
    assert.deepEqual(
      listOf("/** Doubles. */\nexport function a() {}\nexport function b() {}\nexport const c = 1, d = 2;"),
      ["lib/a.ts:3 b", "lib/a.ts:4 c", "lib/a.ts:4 d"],
    ));

  it("include types, and leave out what is not exported or declared elsewhere", () =>
    assert.deepEqual(listOf('export type T = 1;\ninterface I {}\nexport { x } from "./x.ts";'), [
      "lib/a.ts:1 T",
    ]));

  it("do not include those of tests", () =>
    assert.deepEqual(listOf("export const a = 1;", "lib/a.test.ts"), []));
});

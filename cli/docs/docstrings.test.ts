import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { it } from "node:test";
import { undocumented } from "./docstrings.ts";

it("the list of missing docstrings has exported declarations only, and not those of tests", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  mkdirSync(path.join(folder, "room"));
  const text = "/** Documented. */\nexport const a = 1;\nexport const b = 2;\nconst c = 3;\nexport { c };\n";
  writeFileSync(path.join(folder, "room/x.ts"), text);
  writeFileSync(path.join(folder, "room/x.test.ts"), "export const d = 4;\n");
  assert.deepEqual(undocumented(folder, ["room"]), ["room/x.ts:3 b"]);
  rmSync(folder, { recursive: true });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { EXAMPLES, filesOf, PROJECT, readRecipes } from "./support/recipes.ts";

const MOST_FILES = 3;
const recipes = readRecipes();

describe("docs/extending.md", () => {
  it("has a recipe for each example, and an example for each recipe", () => {
    const names = recipes.map(({ patch }) => path.basename(patch)).sort();
    assert.deepEqual(
      names,
      readdirSync(EXAMPLES)
        .filter((name) => name.endsWith(".patch"))
        .sort(),
    );
  });

  for (const { title, patch } of recipes) {
    it(`has an example that applies: ${title}`, () => {
      execFileSync("git", ["apply", "--check", patch], { cwd: PROJECT, stdio: "pipe" });
    });

    it(`has an example of at most ${MOST_FILES} files: ${title}`, () => {
      const files = filesOf(patch);
      assert.ok(files.length > 0 && files.length <= MOST_FILES, files.join(", "));
    });
  }
});

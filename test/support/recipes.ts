// The recipes of docs/extending.md, with the example and the tests of each.
import { readFileSync } from "node:fs";
import path from "node:path";
import { unitTestFiles } from "../../cli/test/nodeTests.ts";

export const PROJECT = path.resolve(import.meta.dirname, "../..");
const PAGE = path.join(PROJECT, "docs/extending.md");
export const EXAMPLES = path.join(PROJECT, "docs/examples");

export interface Recipe {
  /** Heading of its section. */
  title: string;
  /** Absolute path of its patch. */
  patch: string;
  /** The unit test files that its section names, as paths from the project. */
  tests: string[];
}

/** Reads the recipes: each section of the page that begins with "Add". @throws Error if one has no example, or names missing tests */
export function readRecipes(): Recipe[] {
  const sections = readFileSync(PAGE, "utf8").split(/^## /m);
  return sections.filter((section) => section.startsWith("Add ")).map(readRecipe);
}

function readRecipe(section: string): Recipe {
  const title = section.slice(0, section.indexOf("\n"));
  const patch = /\]\((examples\/[a-z-]+\.patch)\)/.exec(section)?.[1];
  const tests = /`npm test -- unit ([\w -]+)`/.exec(section)?.[1];
  if (!patch || !tests) throw new Error(`docs/extending.md: "${title}" links no patch, or names no tests`);
  const files = tests.split(" ").flatMap((name) => unitTestFiles([name]));
  return { title, patch: path.join(path.dirname(PAGE), patch), tests: files };
}

/** The files that a patch changes or creates, as paths from the project. */
export function filesOf(patch: string): string[] {
  return [...readFileSync(patch, "utf8").matchAll(/^diff --git a\/\S+ b\/(\S+)$/gm)].map(
    ([, file]) => file ?? "",
  );
}

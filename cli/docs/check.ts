// The checks of the documentation beside those of its generated files.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { unknownCommands } from "./commands.ts";
import { undocumented } from "./docstrings.ts";
import { brokenLinks, brokenReferences } from "./links.ts";
import { readPages } from "./markdown.ts";

const README_LIMITS = { lines: 150, bytes: 8 * 1024 };
const TEST_PARTS = ["check", "go", "unit", "e2e", "slow"];
/** Folders with code and test files. */
const ROOMS = ["bench", "cli", "components", "config", "contract", "lib", "results", "test", "testbeds"];

/**
 * Finds errors in the documentation: broken links, commands that do not exist, a README that is too
 * long, exported symbols without a docstring.
 *
 * @param root the project's folder
 * @param program the `swarmbench` program with all its subcommands
 * @returns a line for each error
 */
export function docsErrors(root: string, program: Command): string[] {
  const pages = readPages(root);
  return [
    ...pages.flatMap(({ file, openBlock }) =>
      openBlock === undefined ? [] : [`${file}:${openBlock} the code block has no end`],
    ),
    ...brokenLinks(root, pages),
    ...brokenReferences(root, ROOMS, pages),
    ...unknownCommands(pages, { program, scripts: scriptsOf(root), tests: testNames(root) }),
    ...readmeErrors(readFileSync(path.join(root, "README.md"), "utf8")),
    ...undocumented(root).map((symbol) => `${symbol}: exported, and has no docstring`),
  ];
}

/** Whether the README is too long to be read: a line for each limit that it exceeds. */
export function readmeErrors(text: string): string[] {
  const lines = text.trimEnd().split("\n").length;
  const bytes = Buffer.byteLength(text);
  const { lines: mostLines, bytes: mostBytes } = README_LIMITS;
  const tooLong = (what: string) => `README.md has ${what}: move details to docs/`;
  return [
    ...(lines > mostLines ? [tooLong(`${lines} lines, more than ${mostLines}`)] : []),
    ...(bytes > mostBytes ? [tooLong(`${bytes} bytes, more than ${mostBytes}`)] : []),
  ];
}

function scriptsOf(root: string): Record<string, string> {
  return (
    JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { scripts: Record<string, string> }
  ).scripts;
}

/** The words that `npm test` takes: its parts, and the names of test files. */
export function testNames(root: string): Set<string> {
  const files = ROOMS.flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" }),
  );
  const names = files
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.basename(file, ".test.ts"));
  return new Set([...TEST_PARTS, ...names]);
}

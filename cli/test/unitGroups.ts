import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { project } from "../lib/paths.ts";

/**
 * How unit tests share processes, the longest group first. A process takes two seconds to load tsx and the Pulumi SDK,
 * so few of them are fast, but two cores want at least two.
 */
const GROUPS: readonly { name: string; folders: readonly string[] }[] = [
  { name: "services", folders: ["components/services/"] },
  { name: "measuring", folders: ["bench/", "results/"] },
  { name: "components", folders: ["components/"] },
  // A step that fails stops all later work of its process, as it should in a command.
  { name: "steps", folders: ["cli/lib/lib.test.ts"] },
  { name: "others", folders: [""] },
];

/** Splits test files into groups, each for a process of its own; empty groups are left out. */
export function groupsOf(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>(GROUPS.map(({ name }) => [name, []]));
  for (const file of files) {
    const group = GROUPS.find(({ folders }) => folders.some((folder) => file.startsWith(folder)));
    if (group) groups.get(group.name)?.push(file);
  }
  return new Map([...groups].filter(([, members]) => members.length > 0));
}

/**
 * Writes a program for each group, for `node --test`.
 *
 * @param files paths of test files below the project
 * @param folder where the programs go
 * @returns paths of the programs
 */
export function writeGroups(files: readonly string[], folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const runner = pathToFileURL(path.join(project, "test/support/unit/group.ts")).href;
  return [...groupsOf(files)].map(([name, members]) => {
    const program = path.join(folder, `${name}.mjs`);
    const call = `await runGroup(${JSON.stringify(members, null, 2)});`;
    writeFileSync(program, `import { runGroup } from ${JSON.stringify(runner)};\n\n${call}\n`);
    return program;
  });
}

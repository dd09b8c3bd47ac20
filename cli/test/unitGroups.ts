import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { project } from "../lib/paths.ts";

/**
 * How unit tests share processes, in the order in which the processes start. Each takes about two seconds to load tsx and the
 * Pulumi SDK, so there are few of them.
 */
const GROUPS: readonly { name: string; folders: readonly string[] }[] = [
  { name: "services", folders: ["components/services/"] },
  // They wait for sockets, intervals and child processes most of the time.
  { name: "agents", folders: ["bench/agent/", "bench/exchange/", "bench/local/", "bench/probe/"] },
  { name: "measuring", folders: ["bench/", "results/"] },
  // A separate process, because a step that fails stops all later work of its process.
  { name: "steps", folders: ["cli/lib/lib.test.ts"] },
  { name: "commands", folders: ["cli/"] },
  { name: "components", folders: ["components/"] },
  { name: "others", folders: [""] },
];

/** Splits test files into groups, one for each process, without empty groups. */
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
 * @param folder folder for the programs
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

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { project } from "../lib/paths.ts";
import { follow } from "./follow.ts";
import type { Tally } from "./tally.ts";
import { writeGroups } from "./unitGroups.ts";

/** Folders with unit tests beside the source. */
const ROOMS = ["bench", "cli", "components", "config", "contract", "lib", "results", "test", "testbeds"];
const OTHER_PARTS = ["test/e2e/", "test/slow/"];
/** End-to-end files that need the whole machine: one measures latency, the other restarts a cluster under load. */
const ALONE = ["stack", "kafka"];
/** Without its order, the longest file of a part would start last. */
const LONGEST_FIRST = ["testbedSsh", "recovery", "lifecycle"];
/** A file that takes longer hangs in a loop, which its own time limits cannot end, s. */
const LONGEST_SEC = { unit: "900", e2e: "2400", slow: "2400" };
/** Runs files in parallel. */
const RUNNER = path.join(project, "test/support/unit/run.ts");
const FLAGS = ["--import", "tsx", "--import", path.join(project, "test/support/preload.ts")];

/**
 * Runs the unit tests in a few processes at the same time.
 *
 * @param names only files of these names, such as `shell` for `shell.test.ts`; none: all
 * @param node the Node.js program to run them with
 */
export async function unitTests(tally: Tally, names: readonly string[], node: string): Promise<void> {
  const files = unitTestFiles(names);
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-groups-"));
  try {
    const concurrency = String(availableParallelism() + 1); // one group waits most of the time
    const groups = writeGroups(files, folder);
    await counted(tally, node, [...FLAGS, RUNNER, concurrency, LONGEST_SEC.unit, ...groups]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The unit test files, as paths from the project.
 *
 * @param names only files of these names; none: all
 * @throws SwarmbenchError `usage` if there is none
 */
export function unitTestFiles(names: readonly string[]): string[] {
  return chosen("unit", filesIn(ROOMS).filter(isUnitTest), names);
}

/**
 * Runs tests on a real swarm: slow files one after another, as many measure; of the end-to-end files some alone, then two at
 * the same time, as they wait most of the time.
 *
 * @param node the Node.js program to run them with
 */
export async function swarmTests(
  tally: Tally,
  part: "e2e" | "slow",
  names: readonly string[],
  node: string,
): Promise<void> {
  const files = chosen(part, filesIn([`test/${part}`]), names);
  const lanes = Math.min(2, availableParallelism());
  const [alone, together] = part === "slow" ? [files, []] : inOrder(files);
  for (const [group, concurrency] of [[alone, 1] as const, [together, lanes] as const]) {
    if (group.length === 0) continue;
    await counted(tally, node, [...FLAGS, RUNNER, String(concurrency), LONGEST_SEC[part], ...group]);
  }
}

/** The files that run alone, and the others, longest first. */
function inOrder(files: string[]): [alone: string[], together: string[]] {
  const first = (names: string[]) => names.flatMap((name) => files.filter((file) => nameOf(file) === name));
  const [alone, long] = [first(ALONE), first(LONGEST_FIRST)];
  return [alone, [...long, ...files.filter((file) => !alone.includes(file) && !long.includes(file))]];
}

/** Whether a file is a test that needs neither Docker nor Pulumi's engine. */
function isUnitTest(file: string): boolean {
  return !OTHER_PARTS.some((folder) => file.startsWith(folder));
}

/** Test files below folders of the project, as paths from there. */
function filesIn(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(project, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        path.join(folder, file),
      ),
    )
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
}

function chosen(part: string, files: string[], names: readonly string[]): string[] {
  const wanted = names.length === 0 ? files : files.filter((file) => names.includes(nameOf(file)));
  if (wanted.length === 0) throw new SwarmbenchError("usage", `no such ${part} tests: ${names.join(", ")}`);
  return wanted;
}

const nameOf = (file: string) => path.basename(file, ".test.ts");

/** Runs Node's test runner and adds the counts in its summary to the tally. */
async function counted(tally: Tally, node: string, args: string[]): Promise<void> {
  const failedBefore = tally.failed;
  const code = await follow(node, args, {
    // Test projects are named after this process. Tests that run `node` get the same version.
    env: { TEST_RUN: String(process.pid), PATH: `${path.dirname(node)}:${process.env.PATH}` },
    read: (line) => {
      const [, kind, number] = /^ℹ (pass|fail|cancelled) (\d+)$/.exec(line) ?? [];
      if (kind) tally.count(kind === "pass", Number(number));
    },
  });
  // The run died before its summary, or a cleanup failed.
  if (code !== 0 && tally.failed === failedBefore) tally.count(false);
}

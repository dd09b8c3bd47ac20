import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { elapsed } from "../lib/steps.ts";
import { setup } from "../setup/command.ts";
import { check } from "./check.ts";
import { claimsCommand } from "./claimsCommand.ts";
import { goTests } from "./go.ts";
import { removeTestProjects } from "./leftovers.ts";
import { swarmTests, unitTests } from "./nodeTests.ts";
import { ensureNode, SUPPORTED_NODES } from "./nodeVersions.ts";
import { Tally } from "./tally.ts";

const USUAL = ["check", "go", "unit", "e2e"] as const;
const PARTS = [...USUAL, "slow"] as const;
type Part = (typeof PARTS)[number];

const DETAILS = `Sets this machine up, then runs the parts, all but slow unless some are named:
  check   formatter, linter, type check
  go      the Go programs of offline/ (only where they are built)
  unit    decisions and declarations, in a minute
  e2e     the real Pulumi engine and a real swarm in containers, in minutes
  slow    more of the same, in many minutes`;

/** `swarmbench test`. The exit code is 1 where a test failed or none was run. */
export function testCommand(): Command {
  const test = command({
    name: "test",
    summary: "Run the tests",
    details: DETAILS,
    examples: [
      "npm test -- unit",
      "npm test -- e2e recovery       # one file",
      "npm test -- unit --node all    # on every supported version of Node.js",
    ],
    exits: {
      done: "every test passed",
      failed: "a test failed, or none was run",
      usage: "wrong arguments",
      interrupted: true,
      terminated: true,
    },
  })
    .argument("[parts...]", "parts, and names of test files: healing for healing.test.ts")
    .option(
      "--node <version>",
      `run unit tests on this version of Node.js (all: ${SUPPORTED_NODES.join(", ")})`,
    )
    .addCommand(claimsCommand());
  return runs(test, async () => runTests);
}

async function runTests(command: Command): Promise<undefined> {
  const { node } = command.opts<{ node?: string }>();
  const parts = PARTS.filter((part) => command.args.includes(part));
  const names = command.args.filter((word) => !(PARTS as readonly string[]).includes(word));
  const tally = await runParts(parts.length > 0 ? parts : USUAL, names, node);
  console.log(`\nall parts done after ${elapsed()}`);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  if (tally.failed > 0 || tally.passed === 0) process.exitCode = 1;
}

async function runParts(parts: readonly Part[], names: string[], node?: string): Promise<Tally> {
  const tally = new Tally();
  const { source, engineHost } = await setup();
  const onSwarm = parts.includes("e2e") || parts.includes("slow");
  if (onSwarm) await removeTestProjects(engineHost, false);
  try {
    for (const part of parts) {
      console.log(`\n── ${part} (${elapsed()})`);
      if (part === "check") await check(tally);
      else if (part === "unit") await onNodes(tally, names, node);
      else if (part !== "go") await swarmTests(tally, part, names);
      else if (source === "built") await goTests(tally);
    }
  } finally {
    if (onSwarm) await removeTestProjects(engineHost, true);
  }
  return tally;
}

async function onNodes(tally: Tally, names: string[], wanted?: string): Promise<void> {
  if (wanted === undefined) return unitTests(tally, names, process.execPath);
  for (const version of wanted === "all" ? SUPPORTED_NODES : [wanted]) {
    console.log(`on Node.js ${version}`);
    await unitTests(tally, names, await ensureNode(version));
  }
}

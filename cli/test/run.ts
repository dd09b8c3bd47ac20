import type { Command } from "commander";
import { elapsed } from "../lib/steps.ts";
import { setup } from "../setup/setup.ts";
import { check } from "./check.ts";
import { goTests } from "./go.ts";
import { removeTestProjects } from "./leftovers.ts";
import { swarmTests, unitTests } from "./nodeTests.ts";
import { ensureNode, SUPPORTED_NODES } from "./nodeVersions.ts";
import { Tally } from "./tally.ts";

const USUAL = ["check", "go", "unit", "e2e"] as const;
const PARTS = [...USUAL, "slow"] as const;
type Part = (typeof PARTS)[number];

/** Runs `swarmbench test`. */
export async function runTests(command: Command): Promise<undefined> {
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
  if (parts.every((part) => part === "check")) {
    await check(tally);
    return tally;
  }
  const { goModules, engineHost } = await setup();
  const onSwarm = parts.includes("e2e") || parts.includes("slow");
  if (onSwarm) await removeTestProjects(engineHost, false);
  try {
    for (const part of parts) {
      console.log(`\n── ${part} (${elapsed()})`);
      if (part === "check") await check(tally);
      else if (part === "go") await goTests(tally, goModules);
      else await onNodes(node, (program) => nodeTests(tally, part, names, program));
    }
  } finally {
    if (onSwarm) await removeTestProjects(engineHost, true);
  }
  return tally;
}

/** Runs tests with this Node.js, or with the wanted version, or with all that are supported. */
async function onNodes(wanted: string | undefined, run: (program: string) => Promise<void>): Promise<void> {
  if (wanted === undefined) return run(process.execPath);
  for (const version of wanted === "all" ? SUPPORTED_NODES : [wanted]) {
    console.log(`on Node.js ${version}`);
    await run(await ensureNode(version));
  }
}

function nodeTests(
  tally: Tally,
  part: "unit" | "e2e" | "slow",
  names: string[],
  program: string,
): Promise<void> {
  return part === "unit" ? unitTests(tally, names, program) : swarmTests(tally, part, names, program);
}

import path from "node:path";
import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { project } from "../lib/paths.ts";
import { type Claim, compareClaims, fullName, readClaims } from "./claims.ts";

/** `swarmbench test claims`: lists the claims of a checkout, or compares them with those of another. */
export function claimsCommand(): Command {
  const claims = command({
    name: "claims",
    summary: "List what the tests claim, or compare it with another checkout",
    details:
      "Reads the sources; nothing is run. A test in a loop over a list of seven counts once, with (×7). Since their claims " +
      "are compared by name, tests may move between files.",
    examples: ["npm test -- claims > claims.txt", "npm test -- claims --against ../earlier-checkout"],
    exits: { done: true, failed: true, usage: "wrong arguments" },
  })
    .argument("[folder]", "a checkout of any version (default: this one)")
    .option("--against <folder>", "an earlier checkout: list the claims that are gone, new and moved")
    .option("--files", "name the file of each claim", false);
  return runs(claims, async () => listClaims);
}

function listClaims(command: Command): undefined {
  const { against, files } = command.opts<{ against?: string; files: boolean }>();
  const claims = readClaims(path.resolve(command.args[0] ?? project));
  const show = (claim: Claim) => (files ? `${claim.file}: ${fullName(claim)}` : fullName(claim));
  const lines =
    against === undefined
      ? claims.map(show).sort()
      : comparison(readClaims(path.resolve(against)), claims, show);
  console.log(lines.join("\n"));
}

function comparison(before: Claim[], after: Claim[], show: (claim: Claim) => string): string[] {
  const { gone, added, moved, same } = compareClaims(before, after);
  return [
    ...gone.map((claim) => `- ${show(claim)}`).sort(),
    ...added.map((claim) => `+ ${show(claim)}`).sort(),
    ...moved.map(([from, to]) => `~ ${show(from)}\n  → ${show(to)}`).sort(),
    `${before.length} before, ${after.length} now: ${gone.length} gone, ${added.length} new, ` +
      `${moved.length} moved, ${same} the same`,
  ];
}

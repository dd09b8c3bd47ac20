import path from "node:path";
import type { Command } from "commander";
import { project } from "../lib/paths.ts";
import { type Claim, compareClaims, fullName, readClaims } from "./claims.ts";

/** Runs `swarmbench test claims`. */
export function listClaims(command: Command): undefined {
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

import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench test claims`: lists the claims of a checkout, or compares them with another checkout's. */
export function claimsCommand(): Command {
  const claims = command({
    name: "claims",
    summary: "List what the tests claim, or compare it with another checkout",
    details:
      "Reads the sources and runs nothing. A test in a loop over a list of seven is listed once, with (×7). Claims are compared " +
      "by name, so tests may move between files.",
    examples: ["npm test -- claims > claims.txt", "npm test -- claims --against ../earlier-checkout"],
    exits: { done: true, failed: true, usage: "wrong arguments" },
  })
    .argument("[folder]", "a checkout of any version (default: this one)")
    .option("--against <folder>", "an earlier checkout: list the claims that are gone, new and moved")
    .option("--files", "name the file of each claim", false);
  return runs(claims, async () => (await import("./listClaims.ts")).listClaims);
}

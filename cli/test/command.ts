import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";
import { claimsCommand } from "./claimsCommand.ts";
import { SUPPORTED_NODES } from "./nodeVersions.ts";

const DETAILS = `Sets this machine up, then runs the named parts; without names, all but slow:
  check   formatter, linter, type check
  go      the Go programs that setup compiled, if any
  unit    decisions and declarations, without Docker and Pulumi; takes a minute
  e2e     the real Pulumi engine and a real swarm in containers; takes minutes
  slow    more end-to-end tests; takes hours`;

/** `swarmbench test`. The exit code is 1 if a test failed or none was run. */
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
      `run the tests on this version of Node.js (all: ${SUPPORTED_NODES.join(", ")})`,
    )
    .addCommand(claimsCommand());
  return runs(test, async () => (await import("./run.ts")).runTests);
}

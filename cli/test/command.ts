// Stub of this branch, around the program that is there.
import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench test` */
export function testCommand(): Command {
  const test = command({
    name: "test",
    summary: "Run the tests: check, go, unit and e2e, or the parts that are named",
    examples: ["npm test -- e2e healing"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  }).argument("[part...]", "check, go, unit, e2e, slow, or names of test files");
  return runs(test, async () => async () => {
    process.argv.splice(2, 1);
    await import("./main.mjs");
    return undefined;
  });
}

import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench env` */
export function envCommand(): Command {
  const env = command({
    name: "env",
    summary: "Print shell exports that put pulumi, its plugins, state and passphrase into a shell",
    examples: ['eval "$(npm run -s env)"'],
    exits: { done: true, failed: "this checkout is not set up", usage: "wrong arguments" },
  });
  return runs(env, async () => (await import("./main.ts")).run);
}

import type { Command } from "commander";

/** A command with parsed arguments that does nothing. @throws SwarmbenchError `usage` for wrong arguments */
export function parsed(command: Command, args: string[]): Command {
  return command.action(() => {}).parse(args, { from: "user" });
}

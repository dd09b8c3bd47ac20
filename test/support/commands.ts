import type { Command } from "commander";

/** A command that has read its arguments and does nothing. @throws SwarmbenchError for wrong arguments */
export function parsed(command: Command, args: string[]): Command {
  return command.action(() => {}).parse(args, { from: "user" });
}

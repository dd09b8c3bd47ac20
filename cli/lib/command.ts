import { Command, CommanderError, type HelpConfiguration, Option } from "commander";
import { EXIT, EXIT_MEANINGS, type ExitName, SwarmbenchError } from "../../contract/errors.ts";

/** Width of the help; a narrower terminal uses its own width. */
const HELP_WIDTH = 110;

/** What the help of a command shows. */
export interface CommandHelp {
  name: string;
  /** One line, for the list of commands and for the command's own help. */
  summary: string;
  /** What else the user should know: paragraphs with an empty line between them. */
  details?: string;
  /** Command lines. */
  examples: readonly string[];
  /** How the command can end; `true` stands for the text in {@link EXIT_MEANINGS}. */
  exits: { readonly [name in ExitName]?: string | true };
}

/** A command whose `--help` has the style of all commands: summary, usage, options with defaults, examples, exit codes. */
export function command({ name, summary, details, examples, exits }: CommandHelp): Command {
  const description = details === undefined ? summary : `${summary}\n\n${details}`;
  const after = [
    "",
    examples.length === 1 ? "Example:" : "Examples:",
    ...examples.map((line) => `  ${line}`),
    "",
    "Exit codes:",
    ...exitLines(exits),
  ];
  return styled(
    new Command(name)
      .helpCommand(false)
      .summary(summary)
      .description(description)
      .addHelpText("after", after.join("\n")),
  );
}

/** Lines with the exit codes and their meanings. */
export function exitLines(exits: CommandHelp["exits"]): string[] {
  return Object.entries(EXIT).flatMap(([key, code]) => {
    const name = key as ExitName;
    const meaning = exits[name];
    if (meaning === undefined) return [];
    return [`  ${String(code).padEnd(3)}  ${meaning === true ? EXIT_MEANINGS[name] : meaning}`];
  });
}

/** Gives a command and its subcommands the project's help style and errors. */
export function styled(command: Command): Command {
  command.configureHelp(helpStyle());
  command.configureOutput({ writeErr: () => {} }); // the thrown error contains the text
  command.helpOption("-h, --help", "show this help");
  command.exitOverride((error) => {
    throw usageError(error, command);
  });
  for (const subcommand of command.commands) styled(subcommand);
  return command;
}

function helpStyle(): HelpConfiguration {
  return {
    optionDescription: ({ description, defaultValue }) => {
      const isText = typeof defaultValue === "string"; // flags are off and lists are empty by default
      return isText ? `${description} (default: ${defaultValue})` : description;
    },
    helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH),
    commandUsage: (command) => {
      const names = [];
      for (let each: Command | null = command; each; each = each.parent) names.unshift(each.name());
      if (names[0] !== PROGRAM) names.unshift(PROGRAM);
      return `${names.join(" ")} ${command.usage()}`;
    },
  };
}

/** Name of the program in help texts. */
export const PROGRAM = "swarmbench";

/** Turns an error of Commander into a SwarmbenchError; the one that ends `--help` is returned unchanged. */
function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === EXIT.done) return error;
  const isEmpty = error.code === "commander.help"; // a command with subcommands was given without one
  const message = isEmpty ? "no command is given" : error.message.replace(/^error: /, "");
  return new SwarmbenchError("usage", message, { hint: command.helpInformation().trimEnd() });
}

/** Whether this error means that the help was shown. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === EXIT.done;
}

/** The action of a command. It returns an exit code, or undefined if it succeeded. */
export type Run = (command: Command) => Promise<number | undefined> | number | undefined;

let returned: number | undefined;

/** The exit code that the command returned. A signal that was received while it ended in order does not change it. */
export function returnedExitCode(): number | undefined {
  return returned;
}

/** Sets the action of a command; its module is loaded when the command runs. */
export function runs(command: Command, load: () => Promise<Run>): Command {
  return command.action(async () => {
    const run = await load();
    returned = await run(command);
  });
}

/** The option with which `pulumi up` runs a command. Users do not need it, so the help does not show it. */
export function fromUpOption(): Option {
  return new Option(
    "--from-up",
    "read the request as JSON from standard input, and write the answer to standard output",
  )
    .default(false)
    .hideHelp();
}

/** Argument parser for options that may be given several times. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Throws a usage error of this command, with its help as the hint. */
export function refuse(command: Command, message: string): never {
  return command.error(`error: ${message}`);
}

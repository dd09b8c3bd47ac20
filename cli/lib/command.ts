import { Command, CommanderError, type HelpConfiguration, Option } from "commander";
import { EXIT, EXIT_MEANINGS, type ExitName, SwarmbenchError } from "../../contract/errors.ts";

/** A table of options and its texts fit this width; a narrower terminal has its own. */
const HELP_WIDTH = 110;

export interface CommandHelp {
  name: string;
  /** One line, for the list of commands and for the command's own help. */
  summary: string;
  /** What else the user should know, paragraphs with an empty line between them. */
  details?: string;
  /** Command lines. */
  examples: readonly string[];
  /** How the command can end; a text says it more precisely than {@link EXIT_MEANINGS}. */
  exits: { readonly [name in ExitName]?: string | true };
}

/** A command whose `--help` has the one style: summary, usage, options with defaults, examples, exit codes. */
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

/** The exit codes and their meanings, a line each. */
export function exitLines(exits: CommandHelp["exits"]): string[] {
  return Object.entries(EXIT).flatMap(([key, code]) => {
    const name = key as ExitName;
    const meaning = exits[name];
    if (meaning === undefined) return [];
    return [`  ${String(code).padEnd(3)}  ${meaning === true ? EXIT_MEANINGS[name] : meaning}`];
  });
}

/** Gives a command, and those below it, the project's help style and errors. */
export function styled(command: Command): Command {
  command.configureHelp(helpStyle());
  command.configureOutput({ writeErr: () => {} }); // the error that is thrown has the text
  command.helpOption("-h, --help", "show this help");
  command.exitOverride((error) => {
    throw usageError(error, command);
  });
  for (const below of command.commands) styled(below);
  return command;
}

function helpStyle(): HelpConfiguration {
  return {
    optionDescription: ({ description, defaultValue }) => {
      const isText = typeof defaultValue === "string"; // a flag is off, and a list empty, by default
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

export const PROGRAM = "swarmbench";

/** Commander's own error as ours; where help was asked for, it is handed on. */
function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === EXIT.done) return error;
  const isEmpty = error.code === "commander.help"; // of a command with subcommands, and none is named
  const message = isEmpty ? "no command is given" : error.message.replace(/^error: /, "");
  return new SwarmbenchError("usage", message, { hint: command.helpInformation().trimEnd() });
}

/** Whether this is the end of a command whose help was shown. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === EXIT.done;
}

/** What a command does: returns its exit code, or nothing where it is done. */
export type Run = (command: Command) => Promise<number | undefined> | number | undefined;

let returned: number | undefined;

/** The exit code that the command returned: a signal that came while it ended in order does not change it. */
export function returnedExitCode(): number | undefined {
  return returned;
}

/** Gives a command its action, whose module is loaded when the command runs. */
export function runs(command: Command, load: () => Promise<Run>): Command {
  return command.action(async () => {
    const run = await load();
    returned = await run(command);
  });
}

/** The mode in which `pulumi up` runs a command: users do not need it, so the help leaves it out. */
export function fromUpOption(): Option {
  return new Option(
    "--from-up",
    "reads its request as JSON from standard input, and answers on standard output",
  )
    .default(false)
    .hideHelp();
}

/** For options that may be given several times. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Throws the usage error of this command, with its help as the hint. */
export function refuse(command: Command, message: string): never {
  return command.error(`error: ${message}`);
}

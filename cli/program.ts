import { Command } from "commander";
import { exitLines, isHelp, PROGRAM, returnedExitCode, styled } from "./lib/command.ts";
import { runMain } from "./lib/runMain.ts";

/** Every subcommand and its module, in the order of `--help`. A module is loaded when its name is given. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  setup: async () => (await import("./setup/command.ts")).setupCommand(),
  demo: async () => (await import("./demo/command.ts")).demoCommand(),
  env: async () => (await import("./env/command.ts")).envCommand(),
  ui: async () => (await import("./ui/command.ts")).uiCommand(),
  bench: async () => (await import("./bench/command.ts")).benchCommand(),
  report: async () => (await import("./report/command.ts")).reportCommand(),
  compare: async () => (await import("./compare/command.ts")).compareCommand(),
  calibrate: async () => (await import("./calibrate/command.ts")).calibrateCommand(),
  clocks: async () => (await import("./clocks/command.ts")).clocksCommand(),
  reserve: async () => (await import("./reserve/command.ts")).reserveCommand(),
  rspec: async () => (await import("./rspec/command.ts")).rspecCommand(),
  doctor: async () => (await import("./doctor/command.ts")).doctorCommand(),
  figures: async () => (await import("./figures/command.ts")).figuresCommand(),
  test: async () => (await import("./test/command.ts")).testCommand(),
  schema: async () => (await import("./schema/command.ts")).schemaCommand(),
  docs: async () => (await import("./docs/command.ts")).docsCommand(),
};

export const COMMAND_NAMES = Object.keys(COMMANDS);

/** The program with the subcommand of this name, or with all of them where there is none of this name. */
export async function programFor(name: string | undefined): Promise<Command> {
  const program = new Command(PROGRAM)
    .description("Message latency on Kafka in a Docker Swarm, from bare testbed nodes to a defensible number")
    .usage("<command> [options]")
    .helpCommand(false)
    .addHelpText(
      "after",
      [
        "",
        "Each command has a --help of its own, and npm run <command> -- [options] is the same.",
        "",
        "Example:",
        "  npm run demo",
        "",
        "Exit codes:",
        ...exitLines({ done: true, failed: true, usage: true, interrupted: true, terminated: true }),
      ].join("\n"),
    );
  const names = name !== undefined && Object.hasOwn(COMMANDS, name) ? [name] : COMMAND_NAMES;
  for (const each of names) {
    const subcommand = await COMMANDS[each]?.();
    if (subcommand) program.addCommand(subcommand);
  }
  return styled(program);
}

/** Runs the command of these arguments to its end, prints its error, and sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  await runMain(async () => {
    try {
      const program = await programFor(args[0]);
      await program.parseAsync(args, { from: "user" });
    } catch (error) {
      if (!isHelp(error)) throw error;
    }
    return returnedExitCode();
  });
}

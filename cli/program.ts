import { Command } from "commander";
import { exitLines, isHelp, PROGRAM, returnedExitCode, styled } from "./lib/command.ts";
import { runToEnd } from "./lib/end.ts";

/** Every subcommand with its module, in the order of `--help`. A module is loaded only when its command is given. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  setup: async () => (await import("./setup/command.ts")).setupCommand(),
  demo: async () => (await import("./demo/command.ts")).demoCommand(),
  env: async () => (await import("./env/command.ts")).envCommand(),
  ui: async () => (await import("./ui/command.ts")).uiCommand(),
  bench: async () => (await import("./bench/command.ts")).benchCommand(),
  watch: async () => (await import("./watch/command.ts")).watchCommand(),
  report: async () => (await import("./report/command.ts")).reportCommand(),
  export: async () => (await import("./export/command.ts")).exportCommand(),
  compare: async () => (await import("./compare/command.ts")).compareCommand(),
  calibrate: async () => (await import("./calibrate/command.ts")).calibrateCommand(),
  selftest: async () => (await import("./selftest/command.ts")).selftestCommand(),
  clocks: async () => (await import("./clocks/command.ts")).clocksCommand(),
  reserve: async () => (await import("./reserve/command.ts")).reserveCommand(),
  rspec: async () => (await import("./rspec/command.ts")).rspecCommand(),
  doctor: async () => (await import("./doctor/command.ts")).doctorCommand(),
  figures: async () => (await import("./figures/command.ts")).figuresCommand(),
  test: async () => (await import("./test/command.ts")).testCommand(),
  schema: async () => (await import("./schema/command.ts")).schemaCommand(),
  docs: async () => (await import("./docs/command.ts")).docsCommand(() => programFor(undefined)),
};

/** Names of all subcommands. */
export const COMMAND_NAMES = Object.keys(COMMANDS);

/** The program with the subcommand of this name, or with all subcommands if there is none of this name. */
export async function programFor(name: string | undefined): Promise<Command> {
  const program = new Command(PROGRAM)
    .description(
      "Deploys Kafka on a Docker Swarm and measures the latency of messages, from bare machines to a report",
    )
    .usage("<command> [options]")
    .helpCommand(false)
    .addHelpText(
      "after",
      [
        "",
        "Every command has its own --help. npm run <command> -- [options] does the same.",
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

/** Runs the command with these arguments to its end, prints its error, and sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  await runToEnd(async () => {
    try {
      const program = await programFor(args[0]);
      await program.parseAsync(args, { from: "user" });
    } catch (error) {
      if (!isHelp(error)) throw error;
    }
    return returnedExitCode();
  });
}

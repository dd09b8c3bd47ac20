import type { Command } from "commander";
import { refuse } from "../lib/command.ts";
import { pathOption, userPath } from "../lib/userPaths.ts";

/** The options of `swarmbench bench`. */
export interface Arguments {
  stack: string;
  set: string[];
  /** Absolute path of the run to continue. */
  resume?: string;
  aba: boolean;
  failOnSlo: boolean;
  stop: boolean;
  /** Absolute path. */
  results: string;
  /** Run by `pulumi up`: reads the plan from standard input and prints the summary on standard output. */
  fromUp: boolean;
}

/** Reads the options of `swarmbench bench`. @throws SwarmbenchError when they contradict each other */
export function readArguments(command: Command): Arguments {
  const args = command.opts<Arguments>();
  if (args.aba && args.set.length === 0) {
    refuse(command, "--aba needs --set: the changes that B has and A has not");
  }
  if (args.aba && args.resume !== undefined) refuse(command, "--aba and --resume exclude each other");
  const resume = args.resume === undefined ? undefined : userPath(args.resume);
  return { ...args, resume, results: pathOption(command, "results") };
}

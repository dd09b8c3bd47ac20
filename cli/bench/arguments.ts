import type { Command } from "commander";
import { LEAST_STEPS } from "../../results/compare/significance.ts";
import { refuse } from "../lib/command.ts";
import { pathOption, userPath } from "../lib/userPaths.ts";

/** The options of `swarmbench bench`. */
export interface Arguments {
  stack: string;
  set: string[];
  /** Absolute path of the run to continue. */
  resume?: string;
  aba: boolean;
  /** Runs of each side of --aba. */
  replicates: number;
  failOnSlo: boolean;
  failOnWorse: boolean;
  /** Absolute path of the JUnit file to write. */
  junit?: string;
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
  if (!Number.isInteger(args.replicates) || args.replicates < LEAST_STEPS) {
    refuse(command, `--replicates: expected a whole number of at least ${LEAST_STEPS}`);
  }
  if (args.failOnWorse && !args.aba) refuse(command, "--fail-on-worse needs --aba");
  const junit = args.junit === undefined ? undefined : userPath(args.junit);
  const resume = args.resume === undefined ? undefined : userPath(args.resume);
  return { ...args, resume, junit, results: pathOption(command, "results") };
}

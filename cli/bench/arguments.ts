import type { Command } from "commander";
import { LEAST_STEPS } from "../../results/compare/significance.ts";
import { refuse } from "../lib/command.ts";

export interface Arguments {
  stack: string;
  set: string[];
  resume?: string;
  aba: boolean;
  /** Runs of each side of --aba. */
  replicates: number;
  failOnSlo: boolean;
  stop: boolean;
  results: string;
  /** Run by `pulumi up`: the plan comes on standard input, the summary goes to standard output. */
  fromUp: boolean;
}

/** The options of `swarmbench bench`. @throws SwarmbenchError where they do not go together */
export function readArguments(command: Command): Arguments {
  const args = command.opts<Arguments>();
  if (args.aba && args.set.length === 0) refuse(command, "--aba needs --set: what B does otherwise");
  if (args.aba && args.resume !== undefined) refuse(command, "--aba and --resume do not go together");
  if (!Number.isInteger(args.replicates) || args.replicates < LEAST_STEPS)
    refuse(
      command,
      `--replicates: expected a whole number of at least ${LEAST_STEPS}, without which nothing can be told`,
    );
  return args;
}

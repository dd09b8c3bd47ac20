import type { Command } from "commander";
import { refuse } from "../lib/command.ts";

export interface Arguments {
  stack: string;
  seconds: number;
  results: string;
}

/** The options of `swarmbench clocks`. @throws SwarmbenchError where the time is none */
export function readArguments(command: Command): Arguments {
  const { stack, results, ...options } = command.opts<{ stack: string; seconds: string; results: string }>();
  const seconds = Number(options.seconds);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 3600) {
    refuse(command, `--seconds ${options.seconds}: expected a whole number from 5 to 3600`);
  }
  return { stack, seconds, results };
}

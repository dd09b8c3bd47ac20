import type { Command } from "commander";
import { refuse } from "../lib/command.ts";
import { pathOption } from "../lib/userPaths.ts";

/** The options of `swarmbench clocks`. */
export interface Arguments {
  stack: string;
  seconds: number;
  /** Absolute path. */
  results: string;
}

/** Reads the options of `swarmbench clocks`. @throws SwarmbenchError when --seconds is out of range */
export function readArguments(command: Command): Arguments {
  const { stack, ...options } = command.opts<{ stack: string; seconds: string }>();
  const seconds = Number(options.seconds);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 3600) {
    refuse(command, `--seconds ${options.seconds}: expected a whole number from 5 to 3600`);
  }
  return { stack, seconds, results: pathOption(command, "results") };
}

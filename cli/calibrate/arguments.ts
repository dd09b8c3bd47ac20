import type { Command } from "commander";
import { refuse } from "../lib/command.ts";
import { pathOption } from "../lib/userPaths.ts";
import { CHECK_NAMES, type CheckName } from "./questions.ts";

/** The options of `swarmbench calibrate`. */
export interface Arguments {
  stack: string;
  /** Undefined: all checks. */
  only: CheckName[] | undefined;
  quick: boolean;
  /** Absolute path. */
  results: string;
}

/** Reads the options of `swarmbench calibrate`. @throws SwarmbenchError that lists all checks if one is unknown */
export function readArguments(command: Command): Arguments {
  const { only, ...options } = command.opts<Omit<Arguments, "only"> & { only?: string }>();
  const names = only?.split(",").map((name) => name.trim());
  const unknown = names?.filter((name) => !isCheck(name)) ?? [];
  if (unknown.length > 0) {
    refuse(command, `--only ${unknown.join(",")}: unknown check; the checks are ${CHECK_NAMES.join(", ")}`);
  }
  return { ...options, only: names?.filter(isCheck), results: pathOption(command, "results") };
}

function isCheck(name: string): name is CheckName {
  return (CHECK_NAMES as string[]).includes(name);
}

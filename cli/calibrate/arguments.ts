import type { Command } from "commander";
import { refuse } from "../lib/command.ts";
import { CHECK_NAMES, type CheckName } from "./questions.ts";

export interface Arguments {
  stack: string;
  /** All checks where it is undefined. */
  only: CheckName[] | undefined;
  quick: boolean;
  results: string;
}

/** The options of `swarmbench calibrate`. @throws SwarmbenchError that lists the checks where one is unknown */
export function readArguments(command: Command): Arguments {
  const { only, ...options } = command.opts<Omit<Arguments, "only"> & { only?: string }>();
  const names = only?.split(",").map((name) => name.trim());
  const unknown = names?.filter((name) => !isCheck(name)) ?? [];
  if (unknown.length > 0) {
    refuse(command, `--only ${unknown.join(",")}: no such check; there are ${CHECK_NAMES.join(", ")}`);
  }
  return { ...options, only: names?.filter(isCheck) };
}

function isCheck(name: string): name is CheckName {
  return (CHECK_NAMES as string[]).includes(name);
}

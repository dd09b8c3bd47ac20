import type { Command } from "commander";
import { longDuration } from "../../contract/units.ts";
import { refuse } from "../lib/command.ts";

/** The options of `swarmbench reserve` in the form that it works with. */
export interface Arguments {
  stack?: string;
  mode: "reserve" | "list" | "extend" | "delete";
  extendSec: number;
  /** Run by `pulumi up`: reads the request from standard input and writes the result to standard output, as JSON. */
  fromUp: boolean;
}

interface Options {
  stack?: string;
  list: boolean;
  extend?: string;
  delete: boolean;
  fromUp: boolean;
}

/** Reads the options of `swarmbench reserve`. @throws SwarmbenchError `usage` if they do not go together */
export function readArguments(command: Command): Arguments {
  const options = command.opts<Options>();
  const { stack, fromUp, extend } = options;
  // `pulumi up` appends words without a meaning, so that Pulumi runs the command again.
  if (command.args.length > 0 && !fromUp) refuse(command, `unknown arguments: ${command.args.join(" ")}`);
  const modes = (["list", "extend", "delete"] as const).filter(
    (mode) => options[mode] !== undefined && options[mode] !== false,
  );
  if (modes.length > 1) refuse(command, `--${modes.join(" and --")} do not go together`);
  if (!fromUp && stack === undefined) refuse(command, "the scenario is missing: -s SCENARIO");
  const extendSec = extend === undefined ? 0 : seconds(command, extend);
  return { stack, mode: modes[0] ?? "reserve", extendSec, fromUp };
}

function seconds(command: Command, text: string): number {
  const parsed = longDuration.safeParse(text);
  if (parsed.success) return Math.round(parsed.data);
  return refuse(command, `--extend: ${parsed.error.issues.map(({ message }) => message).join("; ")}`);
}

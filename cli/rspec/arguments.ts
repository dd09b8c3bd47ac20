import type { Command } from "commander";
import { checkRequest, type RequestOptions } from "../../testbeds/rspec/index.ts";
import { refuse } from "../lib/command.ts";

/** The options of `swarmbench rspec` in the form that it works with. */
export interface Arguments {
  stack: string;
  output: string;
  request: RequestOptions;
}

interface Options {
  stack: string;
  hardware?: string;
  image?: string;
  manager?: string;
  output?: string;
}

/** Reads the options of `swarmbench rspec`. @throws SwarmbenchError `usage` if one is invalid */
export function readArguments(command: Command): Arguments {
  const { stack, hardware, image, manager, output } = command.opts<Options>();
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(stack))
    refuse(command, `"${stack}" is not a valid scenario name`);
  const request = { hardwareType: hardware, image, manager };
  try {
    checkRequest(request);
  } catch (error) {
    refuse(command, (error as Error).message);
  }
  return { stack, output: output ?? `${stack}.request.rspec`, request };
}

import { word } from "../../lib/shell.ts";
import { pulumiEnv } from "../setup/shellEnv.ts";

/** Prints `export NAME=VALUE` lines, which a shell evaluates. */
export function run(): undefined {
  for (const [name, value] of Object.entries(pulumiEnv())) console.log(`export ${name}=${word(value)}`);
}

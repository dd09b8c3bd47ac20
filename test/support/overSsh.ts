import assert from "node:assert/strict";
import type { Declared } from "./mocks.ts";

type Scripts = Pick<Declared, "inputs">;

/** Port of the node that a command runs on. */
export function portOf({ inputs }: Scripts): number {
  const [, port] = /'-p' '(\d+)'/.exec(String(inputs.create)) ?? [];
  return Number(port ?? assert.fail(`no port in ${inputs.create}`));
}

/** What runs there: the command line that goes over ssh. */
export function remoteOf(script: unknown): string {
  const [, quoted] = /^REMOTE='((?:[^']|'\\'')*)'$/m.exec(String(script)) ?? [];
  return (quoted ?? assert.fail(`nothing runs on a node: ${script}`)).replaceAll("'\\''", "'");
}

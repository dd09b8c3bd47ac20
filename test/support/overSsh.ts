import assert from "node:assert/strict";
import type { Declared } from "./mocks.ts";

type Scripts = Pick<Declared, "inputs">;

/** SSH port of the node on which a command runs. */
export function portOf({ inputs }: Scripts): number {
  const [, port] = /'-p' '(\d+)'/.exec(String(inputs.create)) ?? [];
  return Number(port ?? assert.fail(`no port in ${inputs.create}`));
}

/** The command line that a script runs on a node over SSH. */
export function remoteOf(script: unknown): string {
  const [, quoted] = /^REMOTE='((?:[^']|'\\'')*)'$/m.exec(String(script)) ?? [];
  return (quoted ?? assert.fail(`nothing runs on a node: ${script}`)).replaceAll("'\\''", "'");
}

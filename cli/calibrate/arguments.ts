import { parseArgs } from "node:util";

export interface Arguments {
  stack: string;
  /** Names of checks; all where it is undefined. */
  only: string[] | undefined;
  quick: boolean;
  results: string;
  help: boolean;
}

export function helpText(checks: readonly { name: string; question: string }[]): string {
  return `npm run calibrate -- -s SCENARIO [--only CHECK,CHECK] [--quick]

Puts the benchmark of a stack that is up to the test, as a sceptic would, and prints a table: what was done, expected,
measured, its limit, whether it passed. It is stored in results/calibration-<UTC>-<scenario>/ as calibration.json and
calibration.md, line by line as it is found, with the runs that it is made of.
  -s, --stack SCENARIO  whose stack it is; default: local
  --only CHECK,…        only these:
${checks.map(({ name, question }) => `                          ${name.padEnd(18)} ${question}`).join("\n")}
  --quick               fewer rounds: whether it works, not how well
  --results FOLDER      where results go; default: results
It runs a proxy on the manager, pauses the brokers, empties topics of its own, and makes consumers leave messages out; each
is undone at its end, and at Ctrl-C. Nothing else should load the stack meanwhile.

Ends with 0: all passed; 1: something failed, or could not be done; 2: wrong arguments; 130: Ctrl-C.`;
}

/** @throws Error for what is no argument, or no check */
export function readArguments(args: string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s", default: "local" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      results: { type: "string", default: "results" },
      help: { type: "boolean", default: false },
    },
  });
  const only = values.only?.split(",").map((name) => name.trim());
  const unknown = only?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`--only ${unknown.join(",")}: no such check; there are ${names.join(", ")}`);
  }
  return { ...values, only };
}

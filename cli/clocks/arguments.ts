import { parseArgs } from "node:util";

export const HELP = `npm run clocks [-- -s SCENARIO] [--seconds N]

Shows how accurate NTP and PTP are side by side, on the nodes of a stack that is up: beside the one that keeps the time (the
setting clockSync.kind) the other one runs on every node for a while, without setting any clock, and is removed again.
  -s, --stack SCENARIO  whose stack it is; default: local
  --seconds N           how long is measured, 5 to 3600; default: 30
  --results FOLDER      where clocks-<UTC time>.json goes; default: results
Ctrl-C ends it early, and removes what it had put onto the nodes.

Where nodes share one clock, as containers of one machine do, the true offset is 0: what is shown is the method's own error.
Ends with 0: done; 1: it failed; 2: wrong arguments; 130: Ctrl-C.`;

export interface Arguments {
  stack: string;
  seconds: number;
  results: string;
  help: boolean;
}

/** @throws Error for what is no argument */
export function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s", default: "local" },
      seconds: { type: "string", default: "30" },
      results: { type: "string", default: "results" },
      help: { type: "boolean", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 5 || seconds > 3600) {
    throw new Error(`--seconds ${values.seconds}: expected a whole number from 5 to 3600`);
  }
  return { ...values, seconds };
}

import { parseArgs } from "node:util";
import { longDuration } from "../../contract/units.ts";
import { UsageError } from "../bench/exit.ts";

export const HELP = `npm run reserve -- -s SCENARIO [--list | --extend DURATION | --delete]

Reserves the nodes of a scenario whose testbed.kind is oar, and nothing else: waits until they are there, and prints their
addresses. What is reserved already is taken, never doubled; pulumi up -s SCENARIO takes it as well. Progress goes to standard
error. Ctrl-C while a job waits deletes it, if this run made it.
  -s, --stack SCENARIO  whose nodes
  --list                shows this stack's jobs, and how long they last
  --extend DURATION     lengthens this stack's jobs, where the testbed allows it: --extend "30 minutes"
  --delete              deletes all jobs of this stack, also those that a crash has left; none is fine

Ends with 0: done; 1: it failed, and says what to do; 2: wrong arguments or settings; 130: Ctrl-C.`;

export interface Arguments {
  stack?: string;
  mode: "reserve" | "list" | "extend" | "delete" | "help";
  extendSec: number;
  /** Run by `pulumi up`: reads the request as JSON from standard input and writes the result as JSON to standard output. */
  fromUp: boolean;
}

/** @throws UsageError for what is no argument */
export function readArguments(args: string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        stack: { type: "string", short: "s" },
        list: { type: "boolean", default: false },
        extend: { type: "string" },
        delete: { type: "boolean", default: false },
        "from-up": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    // `pulumi up` appends words that mean nothing, so that Pulumi runs the command again.
    if (positionals.length > 0 && !values["from-up"]) throw new Error(`what is ${positionals.join(" ")}?`);
    const modes = (["help", "list", "extend", "delete"] as const).filter(
      (mode) => values[mode] !== undefined && values[mode] !== false,
    );
    const mode = modes[0] ?? "reserve";
    if (mode !== "help" && modes.length > 1) throw new Error(`--${modes.join(" and --")} do not go together`);
    if (mode !== "help" && !values["from-up"] && values.stack === undefined) {
      throw new Error("whose nodes? -s SCENARIO");
    }
    return {
      mode,
      extendSec: values.extend === undefined || mode === "help" ? 0 : secondsOf(values.extend),
      fromUp: values["from-up"],
      stack: values.stack,
    };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`);
  }
}

function secondsOf(text: string): number {
  const parsed = longDuration.safeParse(text);
  if (parsed.success) return Math.round(parsed.data);
  throw new Error(`--extend: ${parsed.error.issues.map(({ message }) => message).join("; ")}`);
}

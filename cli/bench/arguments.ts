import { parseArgs } from "node:util";

export const HELP = `npm run bench [-- -s SCENARIO] [--set KEY=VALUE]… [--resume FOLDER] [--aba] [--fail-on-slo]

Runs the benchmark of a stack that is up, and changes nothing of the stack. Progress comes as it goes on; at the end there is
a table here, and results/<run>/ with run.json, events.jsonl, report.html and the plots.
  -s, --stack SCENARIO  whose stack it is; default: local
  --set KEY=VALUE       changes a setting of workload or benchmark for this run, such as
                        --set producers=300 --set duration="30 seconds" --set 'sweep.producers=[1,100]' --set search=null
  --resume FOLDER       goes on with an unfinished run of results/: steps that are done are not done again
  --aba                 runs the scenario, then with the changes of --set, then the scenario again, and compares; void
                        where the two runs of the scenario differ
  --fail-on-slo         ends with 3 where a step misses the SLO and no knee was searched or found
  --stop                stops the run that is under way
  --results FOLDER      where results go; default: results
Ctrl-C stops the run in order: finished steps are kept. What cannot be stopped any more (a line that is cut) goes on, and is
followed when the same is run again. On reserved nodes a run is stopped in the same way before a step that would not end in time.

Ends with 0: done; 1: it failed; 2: wrong arguments or settings; 3: see --fail-on-slo; 4: --aba is void;
5: the nodes' reservation ends before the run would; 130: Ctrl-C.`;

export interface Arguments {
  stack: string;
  set: string[];
  resume?: string;
  aba: boolean;
  failOnSlo: boolean;
  stop: boolean;
  results: string;
  /** Run by \`pulumi up\`: the plan comes on standard input, the summary goes to standard output. */
  fromUp: boolean;
  help: boolean;
}

/** @throws Error for what is no argument */
export function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s", default: "local" },
      set: { type: "string", multiple: true, default: [] },
      resume: { type: "string" },
      aba: { type: "boolean", default: false },
      "fail-on-slo": { type: "boolean", default: false },
      stop: { type: "boolean", default: false },
      results: { type: "string", default: "results" },
      "from-up": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { "fail-on-slo": failOnSlo, "from-up": fromUp, resume, ...rest } = values;
  if (rest.aba && rest.set.length === 0) throw new Error("--aba needs --set: what B does otherwise");
  if (rest.aba && resume !== undefined) throw new Error("--aba and --resume do not go together");
  return { ...rest, failOnSlo, fromUp, ...(resume === undefined ? {} : { resume }) };
}

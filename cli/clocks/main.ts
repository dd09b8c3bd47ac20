// Compares NTP and PTP on the nodes of a stack that is up (npm run clocks).
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import type { ClockKind } from "../../config/clocks.ts";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { writeWhole } from "../../results/store.ts";
import { abortOnSignal, interruption } from "../lib/signals.ts";
import { stackNotUp, stackOutputs } from "../lib/stackOutputs.ts";
import { shownPath } from "../lib/userPaths.ts";
import { readArguments } from "./arguments.ts";
import { cleanScript, compareScript, type NodeOutput, type Other, othersOf } from "./nodes.ts";
import { accuracies, type Sample } from "./samples.ts";
import { runOn } from "./ssh.ts";
import { accuracyTable } from "./table.ts";

interface Outputs {
  nodes: NodeOutput[];
  clocks: { kind: ClockKind };
}

/** What is compared, on which nodes, for how long. */
interface Comparison {
  master: NodeOutput;
  slaves: NodeOutput[];
  others: Other[];
  seconds: number;
  signal: AbortSignal;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Compares the clocks, prints a table of their accuracy and writes it to a file.
 *
 * @returns the exit code
 * @throws SwarmbenchError when the stack is not up or has one node, when a node fails, or when a clock daemon received nothing
 */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  const { nodes, clocks } = await stackOutputs<Outputs>(args.stack);
  if (!nodes || !clocks) throw stackNotUp(args.stack);
  const [master, ...slaves] = nodes;
  if (!master || slaves.length === 0) {
    throw new SwarmbenchError("too-few-nodes", `comparing clocks needs two nodes; ${args.stack} has one`, {
      hint: `Add nodes: pulumi config set nodes 3 -s ${args.stack} && pulumi up -s ${args.stack}`,
    });
  }
  const signal = abortOnSignal(() => say("stopping, and removing the compared daemons from the nodes"));
  const others = othersOf(clocks.kind);
  const current = clocks.kind === "none" ? "no clock synchronisation" : clocks.kind;
  say(`comparing ${others.join(" and ")} with ${current} for ${args.seconds} s`);
  const samples = await measure({ master, slaves, others, seconds: args.seconds, signal });
  if (signal.aborted) return interruption() ?? EXIT.interrupted;
  const accuracy = [...samples].flatMap(([node, each]) => accuracies(node, each));
  process.stdout.write(`${accuracyTable(accuracy)}\n`);
  write(args.results, {
    stack: args.stack,
    keptBy: clocks.kind,
    seconds: args.seconds,
    master: master.name,
    accuracy,
    samples: Object.fromEntries(samples),
  });
  const silent = accuracy.filter((each) => each.samples === 0);
  if (silent.length === 0) return EXIT.done;
  throw new SwarmbenchError(
    "clocks-silent",
    silent
      .map(
        ({ node, method, state }) =>
          `${method} on ${node} received nothing from the other nodes (state ${state})`,
      )
      .join("\n"),
    {
      hint: "Let PTP (UDP 319 and 320, multicast) and UDP 11123 through the network between the nodes.",
    },
  );
}

function write(folder: string, results: object): void {
  const at = new Date().toISOString();
  const file = path.join(folder, `clocks-${at.replace(/[:.]/g, "-")}.json`);
  mkdirSync(folder, { recursive: true });
  writeWhole(file, `${JSON.stringify({ at, ...results }, null, 2)}\n`);
  say(`written: ${shownPath(file)}`);
}

/** The samples of each slave by its name. Removes the daemons from all nodes at the end, also after an error. */
async function measure({
  master,
  slaves,
  others,
  seconds,
  signal,
}: Comparison): Promise<Map<string, Sample[]>> {
  const common = { address: master.address, others };
  // The master serves until the slaves are done, so its own time limit is a day.
  const served = new AbortController();
  const untilServed = AbortSignal.any([signal, served.signal]);
  try {
    const serving = runOn(master, compareScript({ ...common, role: "master", seconds: 86_400 }), untilServed);
    serving.catch(() => {}); // handled by the race below
    const measuring = Promise.all(
      slaves.map(async (node) => {
        const script = compareScript({ ...common, role: "slave", seconds });
        return [node.name, await runOn(node, script, signal)] as const;
      }),
    );
    // Before the slaves are done, the master ends only by an error.
    return new Map(await Promise.race([measuring, serving.then(() => measuring)]));
  } finally {
    served.abort();
    await Promise.all([master, ...slaves].map((node) => runOn(node, cleanScript())));
  }
}

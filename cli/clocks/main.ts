// NTP's and PTP's accuracy side by side, on the nodes of a stack that is up (npm run clocks).
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import type { ClockKind } from "../../config/clocks.ts";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { abortOnSignal, interruption } from "../lib/signals.ts";
import { pulumi } from "../setup/pulumiCli.ts";
import { readArguments } from "./arguments.ts";
import { cleanScript, compareScript, type NodeOutput, othersOf } from "./nodes.ts";
import { accuracies } from "./samples.ts";
import { runOn } from "./ssh.ts";
import { accuracyTable } from "./table.ts";

interface Outputs {
  nodes?: NodeOutput[];
  clocks?: { kind: ClockKind };
}

async function outputsOf(scenario: string): Promise<Required<Outputs>> {
  const text = await pulumi(["stack", "output", "--json", "--stack", scenario, "--non-interactive"]).catch(
    (error: Error) => {
      throw /no stack named/.test(error.message) ? notUp(scenario) : error;
    },
  );
  const { nodes, clocks }: Outputs = JSON.parse(text);
  if (!nodes || !clocks) throw notUp(scenario);
  return { nodes, clocks };
}

const notUp = (scenario: string) =>
  new SwarmbenchError(
    "stack-not-up",
    `There is no stack ${scenario} that is up. Make it: eval "$(npm run -s env)" && pulumi up -s ${scenario}`,
  );

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Compares the clocks, shows a table of their accuracy and writes it down. @returns the exit code */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  const { nodes, clocks } = await outputsOf(args.stack);
  const [master, ...slaves] = nodes;
  if (!master || slaves.length === 0) {
    throw new SwarmbenchError(
      "too-few-nodes",
      "Two clocks are compared, and this stack has one node. More: pulumi config set nodes 3",
    );
  }
  const signal = abortOnSignal(() => say("ending; what was put onto the nodes is removed"));
  const others = othersOf(clocks.kind);
  say(
    `${others.join(" and ")} beside ${clocks.kind === "none" ? "nothing" : clocks.kind}, for ${args.seconds} s`,
  );
  const lines = await measure(master, slaves, args.seconds, others, signal);
  if (signal.aborted) return interruption() ?? EXIT.interrupted;
  const found = [...lines].flatMap(([node, samples]) => accuracies(node, samples));
  process.stdout.write(`${accuracyTable(found)}\n`);
  const at = new Date().toISOString();
  const file = path.join(args.results, `clocks-${at.replace(/[:.]/g, "-")}.json`);
  mkdirSync(args.results, { recursive: true });
  const result = { at, stack: args.stack, keptBy: clocks.kind, seconds: args.seconds, master: master.name };
  writeFileSync(
    file,
    `${JSON.stringify({ ...result, accuracy: found, samples: Object.fromEntries(lines) }, null, 2)}\n`,
  );
  say(`written: ${file}`);
  const silent = found.filter(({ samples }) => samples === 0);
  if (silent.length === 0) return EXIT.done;
  throw new SwarmbenchError(
    "clocks-silent",
    `${silent.map(({ node, method, state }) => `${method} on ${node} found nothing (${state})`).join("; ")}: does the ` +
      "network between the nodes let PTP (UDP 319 and 320, multicast) and UDP 11123 through?",
  );
}

/** The samples of each slave. Whatever happens, no node is left with anything of it. */
async function measure(
  master: NodeOutput,
  slaves: NodeOutput[],
  seconds: number,
  others: ReturnType<typeof othersOf>,
  signal: AbortSignal,
) {
  const common = { address: master.address, others };
  // The master's is ended when the others are done; until then it must not end by itself.
  const served = new AbortController();
  const whole = AbortSignal.any([signal, served.signal]);
  try {
    const serving = runOn(master, compareScript({ ...common, role: "master", seconds: 86_400 }), whole);
    serving.catch(() => {}); // told of below
    const asked = slaves.map(async (node) => {
      const script = compareScript({ ...common, role: "slave", seconds });
      return [node.name, await runOn(node, script, signal)] as const;
    });
    // One that serves ends only by failing.
    return new Map(await Promise.race([Promise.all(asked), serving.then(() => Promise.all(asked))]));
  } finally {
    served.abort();
    await Promise.all([master, ...slaves].map((node) => runOn(node, cleanScript())));
  }
}

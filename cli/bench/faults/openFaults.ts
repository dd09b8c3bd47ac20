// Prepares the faults of a run: finds the brokers' nodes, and undoes what an earlier run left behind there.
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmbenchError } from "../../../contract/errors.ts";
import { type FaultName, isOfConsumer } from "../../../contract/faults.ts";
import { networkOf } from "../../../contract/request.ts";
import type { Benchmark } from "../../../contract/workload.ts";
import {
  forgetFaults,
  type LeftFault,
  leftFaults,
  leftText,
  marksHere,
  notedFaults,
  noteFaults,
  undoNoted,
} from "../../../lib/faults/left.ts";
import type { FaultNode } from "../../../lib/faults/scripts.ts";
import { script, word } from "../../../lib/shell.ts";
import { home } from "../../lib/paths.ts";
import { readInstallation } from "../../setup/shellEnv.ts";
import { settingsError } from "../changes.ts";
import type { EventLog } from "../eventLog.ts";
import type { Session } from "../session.ts";
import { outputOf, runScript } from "../ssh.ts";
import { FaultRun, type FaultStack } from "./faultRun.ts";
import { startFault } from "./nodeFault.ts";
import { refusedFaults } from "./refusedFaults.ts";

/** How long to wait before a fault whose end was not seen is looked for: its script may be just about to undo it. */
const LOOK_AGAIN_MS = 2_000;

/** The faults of a broker's own network. */
const OF_NETWORK: readonly FaultName[] = ["broker-cut", "broker-link"];

/** The stack whose brokers a run's faults hit. */
export interface OpenFaults {
  /** Executes the faults of a run. */
  begin(run: string, log: EventLog): FaultRun;
}

/**
 * Undoes what an earlier run of the stack left behind, and prepares the faults of this run.
 *
 * @returns undefined if the run has no faults of brokers
 * @throws SwarmbenchError if a node cannot be reached, is not known or cannot have one of the faults; nothing was changed then
 */
export async function openFaults(
  session: Session,
  { faults = [] }: Pick<Benchmark, "faults">,
): Promise<OpenFaults | undefined> {
  const { scenario, labels } = session.plan;
  const note = notedFaults(home, scenario);
  if (note) await undoLeft(session, note);
  const ofBrokers = faults.filter(({ fault }) => !isOfConsumer(fault));
  if (ofBrokers.length === 0) return undefined;
  if (networkOf(session.plan.target) === "host") {
    const wrong = new Set(ofBrokers.map(({ fault }) => fault).filter((fault) => OF_NETWORK.includes(fault)));
    const why = "would hit the whole node; remove it, or use the overlay network";
    if (wrong.size > 0)
      throw settingsError(
        [...wrong].map((fault) => `benchmark.faults: with swarm.network: host, a ${fault} ${why}`),
      );
  }
  const stack = await stackOf(session);
  const killsNodes = ofBrokers.some(({ fault }) => fault === "node-kill");
  const nodes = [...new Set([stack.manager, ...stack.nodes.values(), ...(killsNodes ? [stack.here] : [])])];
  const noAnswer = (error: Error): never => {
    throw new SwarmbenchError("node-failed", `faults need all nodes of the brokers: ${error.message}`, {
      hint: `Check the node, or bring the stack up to date: pulumi up -s ${scenario}`,
    });
  };
  // Also shows that every node answers, before anything is broken.
  const left = await Promise.all(nodes.map((node) => leftFaults("undo", node, labels))).catch(noAnswer);
  for (const each of left.flat()) session.progress(undoneText(each));
  const refused = await refusedFaults(ofBrokers, stack).catch(noAnswer);
  if (refused.length > 0) throw settingsError(refused);
  return {
    begin: (run, log) => {
      noteFaults(home, { stack: scenario, labels: [...labels], nodes, pid: process.pid });
      return new FaultRun({
        run,
        stack,
        start: startFault,
        undo: (node) => undoAfterwards(node, labels),
        record: (record) => log.add(record),
        progress: session.progress,
        allUndone: () => forgetFaults(home, scenario),
      });
    },
  };
}

async function undoLeft({ progress }: Session, note: NonNullable<ReturnType<typeof notedFaults>>) {
  const { undone, errors } = await undoNoted(home, note);
  for (const text of undone) progress(`undone, left by an earlier run: ${text}`);
  for (const text of errors) progress(`warning: faults of an earlier run may not be undone: ${text}`);
}

const undoneText = (each: LeftFault) =>
  `${each.state === "undone" ? "undone, left by an earlier run" : `${each.state}, from an earlier run`}: ${leftText(each)}`;

async function undoAfterwards(node: FaultNode, labels: readonly string[]): Promise<boolean> {
  await sleep(LOOK_AGAIN_MS);
  const left = await leftFaults("undo", node, labels);
  const failed = left.find(({ state }) => state === "failed");
  if (failed) throw new Error(`${leftText(failed)} could not be undone`);
  return left.some(({ state }) => state === "undone");
}

/** The machine that runs this command, with the Docker engine of local nodes. */
function thisMachine(): FaultNode {
  const { engineHost } = readInstallation();
  const ssh = `env DOCKER_HOST=${word(engineHost)} sh -c`;
  return { name: "this machine", ssh, sudo: "", marks: marksHere(home) };
}

/** The nodes of the brokers, as the swarm reports them. */
async function stackOf({ plan, nodes }: Session): Promise<FaultStack> {
  const [manager] = nodes ?? [];
  if (!nodes || !manager) throw outdated(plan.scenario, "its nodes are not known");
  const brokers = plan.target.brokerMetrics.map(({ name }) => name);
  const text = await placement(plan.ssh, brokers);
  const placed = new Map(
    brokers.map((broker) => {
      const hostname = text.get(broker);
      const node = nodes.find(({ name }) => name === hostname);
      if (!node)
        throw outdated(plan.scenario, `the node of ${broker} is not known (${hostname ?? "no task"})`);
      return [broker, node] as const;
    }),
  );
  return { labels: plan.labels, manager, here: thisMachine(), nodes: placed };
}

function outdated(scenario: string, why: string): SwarmbenchError {
  return new SwarmbenchError("stack-outdated", `the faults of the run cannot be executed: ${why}`, {
    hint: `Bring the stack up to date: pulumi up -s ${scenario}`,
  });
}

/** The host name of the node of each service. */
async function placement(
  ssh: readonly string[],
  services: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const text = script(
    { SERVICES: services.join(" "), FORMAT: "{{.Node}}" },
    'for service in $SERVICES; do echo "$service $(docker service ps --filter desired-state=running --format "$FORMAT" "$service" | head -n 1)"; done',
  );
  return new Map(
    outputOf("the manager", await runScript(ssh, text))
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" ") as [string, string]),
  );
}

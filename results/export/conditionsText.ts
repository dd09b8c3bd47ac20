// The conditions of a run as one paragraph for a paper.
import { measuredSteps, type Run } from "../../contract/result.ts";
import { scaleSentence } from "../../contract/scale.ts";
import { formatNumber } from "../../contract/text.ts";
import { clockSentence } from "../clocks.ts";
import { flatten } from "../flatten.ts";
import { networkSentence } from "../network.ts";
import { preheatSentence } from "../preheat.ts";
import { ownCostSentence, sharedMachineSentence } from "../resourceText.ts";
import { kneeSentence, sloSentence } from "../sentences.ts";
import { capitalize } from "../text.ts";

/** Where, with what and how the run was measured, and its result: one paragraph without line breaks. */
export function conditionsText(run: Run): string {
  const sentences = [
    madeSentence(run),
    softwareSentence(run),
    nodesSentence(run),
    sharedMachineSentence(run),
    loadSentence(run),
    scaleSentence(run.scale),
    stepsSentence(run),
    "Latency counts from the time at which a message was due (open loop) until the consumer received it, and " +
      "percentiles rank all messages that were due",
    `The service-level objective: ${sloSentence(run)}`,
    kneeSentence(run),
    preheatSentence(run),
    clockSentence(run)?.replace(/ \(\* marks.*\)$/, ""),
    networkSentence(run),
    ownCostSentence(run),
  ];
  return sentences
    .filter((sentence) => sentence !== undefined)
    .map((sentence) => `${capitalize(sentence.trim())}.`)
    .join(" ")
    .replaceAll(/\s+/g, " ");
}

function madeSentence({ run, scenario, startedAt, endedAt, conditions }: Run): string {
  const { version, commit, dirty } = conditions.swarmbench;
  const source = commit === null ? "" : `, commit ${commit}${dirty ? " with changes" : ""}`;
  const end = endedAt === null ? `from ${startedAt} until it was cut off` : `from ${startedAt} to ${endedAt}`;
  return `run ${run} of the scenario ${scenario} was made with swarmbench ${version}${source}, ${end}`;
}

function softwareSentence({ conditions }: Run): string | undefined {
  const list = (entries: Record<string, string>) =>
    Object.entries(entries)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const parts = [
    Object.keys(conditions.versions).length > 0 ? `versions: ${list(conditions.versions)}` : "",
    Object.keys(conditions.images).length > 0
      ? `images (${conditions.source}): ${list(conditions.images)}`
      : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** Equal machines together: "3 nodes with 2 CPUs (CPU model), 24000 MiB, kernel 6.1". */
function nodesSentence({ conditions: { nodes, agents } }: Run): string | undefined {
  if (nodes.length === 0) return undefined;
  const kinds = new Map<string, string[]>();
  for (const { name, role, cpus, memoryMiB, cpuModel, kernel } of nodes) {
    const known = [
      cpus === null ? "an unknown number of CPUs" : `${formatNumber(cpus)} CPUs`,
      ...(cpuModel === null ? [] : [`of the model ${cpuModel}`]),
      ...(memoryMiB === null ? [] : [`${formatNumber(memoryMiB)} MiB of memory`]),
      ...(kernel === null ? [] : [`kernel ${kernel}`]),
    ];
    const kind = known.join(", ");
    kinds.set(kind, [...(kinds.get(kind) ?? []), `${name} (${role})`]);
  }
  const texts = [...kinds].map(([kind, names]) => `${names.join(", ")} with ${kind}`);
  const placed = agents.length === 0 ? "" : `; agents: ${agentsByNodeText(agents)}`;
  return `${nodes.length === 1 ? "node" : "nodes"}: ${texts.join("; ")}${placed}`;
}

function agentsByNodeText(agents: Run["conditions"]["agents"]): string {
  const byNode = new Map<string, string[]>();
  for (const { name, node } of agents) byNode.set(node, [...(byNode.get(node) ?? []), name]);
  return [...byNode].map(([node, names]) => `${names.join(", ")} on ${node}`).join(", ");
}

function loadSentence({ conditions }: Run): string | undefined {
  const options = (name: string, values: Record<string, unknown>) =>
    flatten(name, values).map(([path, value]) => `${path.slice(name.length + 1)} ${value}`);
  const workload = options("workload", conditions.workload);
  const settings = options("settings", conditions.settings);
  const parts = [
    ...(workload.length > 0 ? [`workload: ${workload.join(", ")}`] : []),
    ...(settings.length > 0 ? [`settings: ${settings.join(", ")}`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

function stepsSentence(run: Run): string | undefined {
  const measured = measuredSteps(run);
  if (measured.length === 0) return "no step was measured";
  const range = (values: readonly number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? formatNumber(least) : `${formatNumber(least)} to ${formatNumber(most)}`;
  };
  const failed = run.steps.length - measured.length;
  const rest = failed === 0 ? "" : `; ${failed} further ${failed === 1 ? "step" : "steps"} failed`;
  const durations = range(measured.map(({ durationSeconds }) => durationSeconds));
  const warmUps = range(measured.map(({ warmUpSeconds }) => warmUpSeconds));
  const brokers = range(measured.map((step) => step.brokers));
  return (
    `${measured.length} ${measured.length === 1 ? "step" : "steps"} on ${brokers} ${brokers === "1" ? "broker" : "brokers"} ` +
    `warmed up for ${warmUps} s and ${measured.length === 1 ? "was" : "were"} measured for ${durations} s each${rest}`
  );
}

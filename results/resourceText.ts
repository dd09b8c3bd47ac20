// Sentences about the resources of a run: what was saturated, whether brokers and agents shared a machine, and what the
// benchmark itself used.
import { isShared, RESOURCES, type Saturated } from "../contract/resources.ts";
import { type MeasuredStep, measuredSteps, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { bitRate } from "./text.ts";

/** How much of a resource was used: "1.9 of 2 CPUs", "21 % idle, less than 30 %". */
export function amountText({ value, limit, unit }: Saturated): string {
  const percent = (share: number) => `${formatNumber(100 * share)} %`;
  switch (unit) {
    case "CPUs":
      return `${formatNumber(value)} of ${formatNumber(limit)} CPUs`;
    case "bit/s":
      return `${bitRate(value)} of ${bitRate(limit)}`;
    case "idle":
      return `${percent(value)} idle, less than ${percent(limit)}`;
    case "time":
      return `${percent(value)} of the time, limit ${percent(limit)}`;
    default:
      return `${formatNumber(value)} ${unit}, limit ${formatNumber(limit)} ${unit}`;
  }
}

/** A step's saturated resources: "broker-1: broker CPU 0.48 of 0.5 CPUs". "-" if there are none or none were measured. */
export function saturatedText({ saturated = [] }: Pick<MeasuredStep, "saturated">): string {
  const texts = saturated.map(
    (entry) => `${RESOURCES[entry.resource].title} of ${entry.place}: ${amountText(entry)}`,
  );
  return texts.length > 0 ? texts.join("; ") : "-";
}

/**
 * The sentence that warns that brokers and agents shared a machine, so the run measured the machine more than Kafka. undefined:
 * they did not, or it is not known.
 */
export function sharedMachineSentence(run: Pick<Run, "steps">): string | undefined {
  const machines = measuredSteps(run).flatMap(({ resources }) => resources?.machines ?? []);
  const shared = machines.find(isShared);
  if (!shared) return undefined;
  const place = shared.nodes.length > 1 ? ` (${shared.nodes.join(", ")} are one machine)` : "";
  return `brokers and agents shared a machine with ${shared.cpus} CPUs${place}: absolute numbers hold only for this machine`;
}

/** What runner and probes used, on average over all steps; undefined if it was not measured. */
export function ownCostSentence(run: Pick<Run, "steps">): string | undefined {
  const costs = measuredSteps(run)
    .map(({ ownCost }) => ownCost)
    .filter((cost) => cost !== undefined);
  if (costs.length === 0) return undefined;
  const mean = (values: readonly (number | null)[]) => {
    const measured = values.filter((value) => value !== null);
    return measured.length > 0 ? measured.reduce((sum, value) => sum + value, 0) / measured.length : null;
  };
  const runner = `${formatNumber(mean(costs.map(({ runnerCpus }) => runnerCpus)))} CPUs for the runner`;
  const probes = mean(costs.map(({ probesCpus }) => probesCpus));
  const share = mean(costs.map((cost) => cost.share));
  const used = probes === null ? runner : `${runner} and ${formatNumber(probes)} CPUs for the probes`;
  return `besides its agents, the benchmark itself used ${used}${share === null ? "" : `: ${formatNumber(100 * share)} % of all CPUs`}`;
}

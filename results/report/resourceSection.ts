// The report's section on the resources: what was saturated, and what brokers and machines did.
import type { BrokerMetrics, MachineMetrics } from "../../contract/resources.ts";
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { ownCostSentence, saturatedText } from "../resourceText.ts";
import { stepName } from "../steps.ts";
import { capitalize } from "../text.ts";
import { type Html, html, table } from "./page.ts";

/** The section; empty for a run that did not measure its resources. */
export function resourceSection(run: Run): Html | "" {
  const steps = measuredSteps(run).filter(({ saturated }) => saturated !== undefined);
  if (steps.length === 0) return "";
  const cost = ownCostSentence(run);
  return html`<h2>Resources</h2>
<p>Resources that were saturated in the measured time of each step, the most direct explanation first:</p>
<div class="left">${table(
    ["step", "saturated"],
    steps.map((step) => [stepName(step), saturatedText(step)]),
  )}</div>
${cost === undefined ? "" : html`<p>${capitalize(cost)}.</p>`}
<details><summary>Every broker</summary>${brokerTable(steps)}</details>
<details><summary>Every machine</summary>${machineTable(steps)}</details>`;
}

const percent = (share: number | null) => (share === null ? "-" : `${formatNumber(100 * share)} %`);

function brokerTable(steps: readonly MeasuredStep[]): Html {
  const heads = [
    ...["step", "broker", "CPUs", "CPU limit", "throttled", "handlers idle", "network threads idle"],
    ...["produce/s", "queue ms", "local ms", "remote ms", "response queue ms", "messages per produce"],
    ...["fetch/s", "queue ms", "local ms", "response queue ms", "replication in kB/s", "GC", "leaders"],
  ];
  return table(
    heads,
    steps.flatMap((step) =>
      (step.resources?.brokers ?? []).map((broker) => [stepName(step), broker.name, ...brokerCells(broker)]),
    ),
  );
}

function brokerCells(broker: BrokerMetrics): string[] {
  const { produce, fetch, replicationInPerSec: replication } = broker;
  return [
    ...[broker.cpus, broker.cpuLimit].map(formatNumber),
    ...[broker.throttled, broker.handlersIdle, broker.networkThreadsIdle].map(percent),
    ...[produce.perSec, produce.queueMs, produce.localMs, produce.remoteMs, produce.responseQueueMs].map(
      formatNumber,
    ),
    formatNumber(broker.messagesPerProduce),
    ...[fetch.perSec, fetch.queueMs, fetch.localMs, fetch.responseQueueMs].map(formatNumber),
    ...[formatNumber(replication === null ? null : replication / 1_000), percent(broker.gc)],
    formatNumber(broker.leaders),
  ];
}

function machineTable(steps: readonly MeasuredStep[]): Html {
  const heads = [
    ...["step", "nodes", "brokers and agents", "CPUs", "busy", "stolen", "CPU pressure", "IO pressure"],
    ...["memory pressure", "disk written MB/s", "busiest disk busy"],
  ];
  return table(
    heads,
    steps.flatMap((step) =>
      (step.resources?.machines ?? []).map((machine) => [stepName(step), ...machineCells(machine)]),
    ),
  );
}

function machineCells(machine: MachineMetrics): string[] {
  const { nodes, brokers, agents, cpus, cpusBusy, cpusStolen, pressure, disk } = machine;
  return [
    ...[nodes.join(", "), [...brokers, ...agents].join(", ")],
    ...[cpus, cpusBusy, cpusStolen].map(formatNumber),
    ...[pressure.cpu, pressure.io, pressure.memory].map(percent),
    ...[formatNumber(disk && disk.writtenPerSec / 1e6), percent(disk?.busy ?? null)],
  ];
}

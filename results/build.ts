// From the events of a run to its results.

import { NO_BROKER } from "../contract/clients.ts";
import {
  type MeasuredStep,
  measuredSteps,
  type Run,
  type RunEvent,
  SCHEMA_VERSION,
} from "../contract/result.ts";
import { clockWarnings } from "./report/clocks.ts";

type Of<E extends RunEvent["event"]> = Extract<RunEvent, { event: E }>;

/**
 * What run.json holds, of a run that is not finished too. A run that went on has several beginnings: its conditions are
 * those of the first. Of two steps of one number the later one counts.
 *
 * @throws Error where there is no beginning
 */
export function runOf(events: readonly RunEvent[]): Run {
  const of = <E extends RunEvent["event"]>(name: E) =>
    events.filter((event): event is Of<E> => event.event === name);
  const [first, ...resumed] = of("run");
  if (!first) throw new Error("there is no event that begins a run");
  const steps = new Map(of("step").map(({ result }) => [result.step, result]));
  const measured = measuredSteps({ steps: [...steps.values()] });
  const last = events.findLast((event) => event.event === "run" || event.event === "end");
  const end = last?.event === "end" ? last : undefined;
  const changed = resumed.filter(({ conditions }) => !sameMachines(conditions, first.conditions));
  return {
    schemaVersion: SCHEMA_VERSION,
    run: first.run,
    scenario: first.scenario,
    startedAt: first.at,
    endedAt: end?.at ?? null,
    conditions: first.conditions,
    slo: first.slo,
    network: of("network")[0]?.network ?? null,
    nodeClocks: of("clocks").at(-1)?.nodes ?? [],
    steps: [...steps.values()].sort((a, b) => a.step - b.step),
    knee: end?.knee ?? null,
    searchReason: end?.searchReason ?? "",
    verdict: end?.verdict ?? "interrupted",
    warnings: [
      ...of("warning").map(({ text }) => text),
      ...changed.map(({ at }) => `it went on at ${at} under other conditions`),
      ...stepWarnings(measured),
      ...clockWarnings(measured, first.slo.p99Ms),
      ...(end ? [] : ["it was cut off: what is here is what was done by then"]),
      ...(end?.error === undefined ? [] : [end.error]),
    ],
    points: end?.points ?? null,
  };
}

function sameMachines(a: Run["conditions"], b: Run["conditions"]): boolean {
  return JSON.stringify([a.nodes, a.images]) === JSON.stringify([b.nodes, b.images]);
}

/** What a reader of a table could overlook. */
function stepWarnings(steps: readonly MeasuredStep[]): string[] {
  return steps.flatMap(({ step, client, delayMs, busiestMachine }) => [
    ...(client === NO_BROKER
      ? [`step ${step}: no broker took part: it is a figure of the generator alone`]
      : []),
    ...(delayMs.negative > 0
      ? [
          `step ${step}: ${delayMs.negative} delays are below zero: the agents' clocks disagree by more than the delay`,
        ]
      : []),
    ...(busiestMachine && busiestMachine.cpusBusy > 0.95 * busiestMachine.cpus
      ? [
          `step ${step}: all ${busiestMachine.cpus} CPUs of a machine were busy: what shares it was measured too`,
        ]
      : []),
  ]);
}

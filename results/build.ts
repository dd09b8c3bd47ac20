import { NO_BROKER } from "../contract/clients.ts";
import { SwarmbenchError } from "../contract/errors.ts";
import {
  type MeasuredStep,
  measuredSteps,
  type OtherKnee,
  type Run,
  type RunEvent,
  SCHEMA_VERSION,
  type Step,
} from "../contract/result.ts";
import { clockWarnings } from "./clocks.ts";
import { withFaults } from "./faults.ts";
import { limitOf } from "./limit.ts";
import { runWithSlo } from "./otherSlos.ts";
import { withRecovery } from "./recovery.ts";

type EventNamed<E extends RunEvent["event"]> = Extract<RunEvent, { event: E }>;

/** Above this share of a machine's CPUs, the machine counts as fully busy. */
const BUSY = 0.95;

/**
 * Builds the results of a run from its events; the run need not be finished. A resumed run has several "run" events, and the
 * conditions of the first one count. If a step was repeated, its last result counts.
 *
 * @param isRunning whether the run is still under way: then a missing end is not an error
 * @throws SwarmbenchError run-unreadable if there is no "run" event
 */
export function buildResults(events: readonly RunEvent[], isRunning = false): Run {
  const named = <E extends RunEvent["event"]>(name: E) =>
    events.filter((event): event is EventNamed<E> => event.event === name);
  const [first, ...resumed] = named("run");
  if (!first) throw new SwarmbenchError("run-unreadable", "there is no event that starts the run");
  const steps = new Map(named("step").map(({ result }) => [result.step, result]));
  const inOrder = withFaults([...steps.values()], events)
    .map((step) => withRecovery(step, first.slo))
    .sort((a, b) => a.step - b.step);
  const counted = inOrder.filter(({ phase }) => phase !== "preheat");
  const measured = measuredSteps({ steps: counted });
  const last = events.findLast((event) => event.event === "run" || event.event === "end");
  const end = last?.event === "end" ? last : undefined;
  const limit = limitOf({
    conditions: first.conditions,
    steps: counted,
    knee: end?.knee ?? null,
    bracket: end?.bracket,
  });
  const [scale] = named("scale").map(({ event: _, at: __, ...each }) => each);
  const states = named("search").map(({ event: _, ...state }) => state);
  const notes = [
    ...named("warning").map(({ at, text }) => ({ at, kind: "warning" as const, text })),
    ...resumed.map(({ at }) => ({ at, kind: "resumed" as const, text: "the run was resumed" })),
    ...named("rebalance").map(({ at, step, consumers }) => ({
      at,
      kind: "rebalance" as const,
      text: `step ${step}: consumers joined their groups again (${consumers} times in this second)`,
    })),
  ];
  const changed = resumed.filter(({ conditions }) => !sameMachines(conditions, first.conditions));
  return {
    schemaVersion: SCHEMA_VERSION,
    run: first.run,
    scenario: first.scenario,
    startedAt: first.at,
    endedAt: end?.at ?? null,
    conditions: first.conditions,
    slo: first.slo,
    network: named("network")[0]?.network ?? null,
    nodeClocks: named("clocks").at(-1)?.nodes ?? [],
    ...(scale ? { scale } : {}),
    preheat: inOrder.filter(({ phase }) => phase === "preheat"),
    steps: counted,
    knee: end?.knee ? { ...end.knee, limit } : null,
    bracket: end?.bracket ? { ...end.bracket, limit } : null,
    searchReason: end?.searchReason ?? "",
    otherKnees: end?.otherKnees?.map((other) => withLimit(other, first, counted)),
    verdict: end?.verdict ?? "interrupted",
    warnings: [
      ...named("warning").map(({ text }) => text),
      ...changed.map(
        ({ at }) => `the run was resumed at ${at} under different conditions: different nodes or images`,
      ),
      ...faultWarnings(counted),
      ...stepWarnings(measured),
      ...clockWarnings(measured, first.slo.p99Ms),
      ...(isRunning ? [] : endWarnings(end)),
    ],
    ...(states.length > 0 ? { searchStates: states } : {}),
    ...(notes.length > 0 ? { notes } : {}),
    points: end?.points ?? null,
  };
}

/** Faults that could not be executed, or not undone, as warnings of the run. */
function faultWarnings(steps: readonly Step[]): string[] {
  return steps.flatMap(({ step, faults = [] }) =>
    faults.flatMap(({ fault, target, error }) =>
      error === null ? [] : [`step ${step}: ${fault} of ${target}: ${error}`],
    ),
  );
}

/** Adds what limited the load beyond the knee of another SLO. */
function withLimit(other: OtherKnee, { slo, conditions }: EventNamed<"run">, steps: Step[]): OtherKnee {
  const limit = limitOf(runWithSlo({ slo, conditions, steps }, other));
  return {
    ...other,
    knee: other.knee && { ...other.knee, limit },
    bracket: other.bracket && { ...other.bracket, limit },
  };
}

function endWarnings(end: EventNamed<"end"> | undefined): string[] {
  if (!end) return ["the run was cut off: this report shows what had been measured by then"];
  return end.error === undefined ? [] : [end.error];
}

function sameMachines(a: Run["conditions"], b: Run["conditions"]): boolean {
  return JSON.stringify([a.nodes, a.images]) === JSON.stringify([b.nodes, b.images]);
}

/** Warnings about what is easily overlooked in the tables. */
function stepWarnings(steps: readonly MeasuredStep[]): string[] {
  return steps.flatMap(({ step, client, latencyMs, busiestMachine }) => {
    const texts: string[] = [];
    if (client === NO_BROKER)
      texts.push(`step ${step}: no broker took part: the results show the generator alone`);
    if (latencyMs.negative > 0)
      texts.push(
        `step ${step}: ${latencyMs.negative} latencies are below zero: the clocks of the agents differ by more than the latency`,
      );
    if (busiestMachine && busiestMachine.cpusBusy > BUSY * busiestMachine.cpus)
      texts.push(
        `step ${step}: all ${busiestMachine.cpus} CPUs of a machine were busy, which slowed down everything on that machine`,
      );
    return texts;
  });
}

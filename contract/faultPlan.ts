// When the faults of a step are due, and which faults a benchmark cannot have.
import {
  effectSec,
  type Fault,
  type FaultName,
  type FaultOptions,
  lengthSec,
  MOST_FAULTS,
  optionsOf,
} from "./faults.ts";
import { type FaultTarget, mayCoincide, parseFaultTarget, targetError } from "./faultTarget.ts";
import { consumersInGroup } from "./topics.ts";
import type { Benchmark, Workload } from "./workload.ts";

/** One fault of a step, at its time. */
export interface PlannedFault {
  /** From 1, in the order of their times. */
  number: number;
  fault: FaultName;
  /** The target's text. */
  target: string;
  /** Seconds after the start of the measured time. */
  atSec: number;
  /** Seconds; null: it happens at one moment. */
  durationSec: number | null;
  options: FaultOptions;
  /** Index of its entry in `benchmark.faults`. */
  entry: number;
}

/** The faults of each step of a benchmark, with their repetitions, in the order of their times. */
export function plannedFaults({ faults = [] }: Pick<Benchmark, "faults">): PlannedFault[] {
  return faults
    .flatMap((fault, entry) =>
      Array.from({ length: fault.repeat ?? 1 }, (_, index) => ({
        fault: fault.fault,
        target: fault.target,
        atSec: fault.at + index * (fault.every ?? 0),
        durationSec: fault.duration ?? null,
        options: optionsOf(fault),
        entry,
      })),
    )
    .sort((a, b) => a.atSec - b.atSec)
    .map((fault, index) => ({ number: index + 1, ...fault }));
}

/** The phases whose steps have faults: those of steady load. The preheat has none, and a search must not have any. */
export function hasFaults(phase: string, { faults = [] }: Pick<Benchmark, "faults">): boolean {
  return faults.length > 0 && (phase === "sweep" || phase === "soak");
}

/** The errors of a benchmark's faults that do not depend on the stack, one line `path: what is wrong` each. */
export function faultErrors(benchmark: Benchmark): string[] {
  const { faults = [], search, soak, duration } = benchmark;
  if (faults.length === 0) return [];
  if (search) {
    return [
      "benchmark.faults: a search asks for the largest load without faults; remove search, or the faults, or put them in another scenario",
    ];
  }
  const count = faults.reduce((sum, { repeat }) => sum + (repeat ?? 1), 0);
  if (count > MOST_FAULTS) {
    return [
      `benchmark.faults: ${count} faults with their repetitions; expected at most ${MOST_FAULTS}: lower repeat`,
    ];
  }
  const planned = plannedFaults(benchmark);
  return [...tooLate(planned, soak ?? duration, soak === undefined), ...overlaps(planned)];
}

function tooLate(planned: readonly PlannedFault[], stepSec: number, isStep: boolean): string[] {
  const option = isStep ? "benchmark.duration" : "benchmark.soak";
  const late = planned.filter((each) => endOf(each) > stepSec);
  return firstOfEach(late).map(
    (each) =>
      `benchmark.faults.${each.entry}: ${each.fault} at ${each.atSec} s needs until ${endOf(each)} s, but ${option} is ${stepSec} seconds; raise it, or let the fault begin earlier`,
  );
}

function overlaps(planned: readonly PlannedFault[]): string[] {
  const errors = planned.flatMap((later, index) => {
    const earlier = planned.slice(0, index).find((each) => overlap(each, later));
    if (!earlier) return [];
    const what = `${earlier.fault} of ${earlier.target} at ${earlier.atSec} s`;
    return [
      {
        entry: later.entry,
        text: `benchmark.faults.${later.entry}: ${later.fault} of ${later.target} at ${later.atSec} s may hit what ${what} still affects; let it begin at ${effectEndOf(earlier)} s or later`,
      },
    ];
  });
  return firstOfEach(errors).map(({ text }) => text);
}

const endOf = ({ fault, atSec, durationSec }: PlannedFault) => atSec + lengthSec(fault, durationSec);
const effectEndOf = ({ fault, atSec, durationSec }: PlannedFault) => atSec + effectSec(fault, durationSec);

function overlap(earlier: PlannedFault, later: PlannedFault): boolean {
  return later.atSec < effectEndOf(earlier) && mayCoincide(targetOf(earlier), targetOf(later));
}

/** Of each entry of the list, only the first: an error of all repetitions is shown once. */
function firstOfEach<T extends { entry: number }>(all: readonly T[]): T[] {
  return all.filter(({ entry }, index) => all.findIndex((each) => each.entry === entry) === index);
}

/** The target of a planned fault. @throws Error if its text has not been parsed before: that is a bug */
export function targetOf({ target }: Pick<Fault, "target">): FaultTarget {
  const parsed = parseFaultTarget(target);
  if (!parsed) throw new Error(`not the target of a fault: ${target}`);
  return parsed;
}

/** The errors of a `from` that names brokers: each must exist, and be another one than the target. */
function peerErrors({ from, target }: Pick<Fault, "from" | "target">, brokers: number): string[] {
  if (!Array.isArray(from)) return [];
  const hit = targetOf({ target });
  if (hit.kind === "all") return ["all brokers cannot be cut off from some; name one broker"];
  return from.flatMap((text) => {
    const peer = targetOf({ target: text });
    if (peer.kind !== "broker") return [];
    if (peer.number > brokers) return [`there is no ${text}, because kafka.brokers is ${brokers}`];
    if (hit.kind === "broker" && hit.number === peer.number)
      return [`${text} cannot be cut off from itself; name another one`];
    return [];
  });
}

/** The errors of faults whose target the stack does not have. @param defaultReplicas replicas of a topic that sets none */
export function faultTargetErrors(
  workload: Pick<Workload, "partitions" | "topics" | "replicationFactor" | "consumers">,
  { faults = [], sweep }: Pick<Benchmark, "faults" | "sweep">,
  stack: { brokers: number; defaultReplicas: number },
): string[] {
  const partitions = Math.min(workload.partitions, ...(sweep?.partitions ?? []).map(Number));
  const topics = Math.min(workload.topics ?? 1, ...(sweep?.topics ?? []).map(Number));
  const consumers = Math.min(workload.consumers, ...(sweep?.consumers ?? []).map(Number));
  const least = {
    brokers: stack.brokers,
    partitions: partitions * topics,
    replicas: workload.replicationFactor ?? stack.defaultReplicas,
    consumers: consumersInGroup({ consumers, topics }),
  };
  return faults.flatMap((fault, entry) => {
    const path = `benchmark.faults.${entry}`;
    const error = targetError(targetOf(fault), least);
    return [
      ...(error === undefined ? [] : [`${path}.target: ${error}`]),
      ...peerErrors(fault, stack.brokers).map((text) => `${path}.from: ${text}`),
    ];
  });
}

// Which of a step's lost, duplicated and reordered messages belong to which of its faults, from the log check.
import { type FaultRecord, isOfConsumer } from "../contract/faults.ts";
import type { DeviatingSecond, LogCheckResult } from "../contract/logCheck.ts";
import type { MeasuredStep } from "../contract/result.ts";

/**
 * A fault also affects messages that were under way when it began: those that were due at most this long before, s. As long as the
 * time before a step's first fault (LEAST_AT_SEC of contract/faults.ts), so that messages of the warm-up belong to no fault.
 */
export const UNDER_WAY_SEC = 5;
/** The deviations are known by second, so faults that began within this time of each other cannot be told apart, s. */
const SECOND = 1;

/** Numbers of messages. */
export type Deviations = Pick<LogCheckResult, (typeof COUNTS)[number]>;
const COUNTS = ["missing", "duplicated", "reordered"] as const;

/** Faults that began within a second of each other, and their deviations together. */
export interface FaultGroup {
  /** The `number` of each, in ascending order. */
  faults: number[];
  deviations: Deviations;
}

/** All deviations of a step's log check: the sum of all parts is the step's totals. */
export interface Attribution {
  groups: FaultGroup[];
  /** Due earlier than {@link UNDER_WAY_SEC} before the first fault. */
  before: Deviations;
  /** Due in seconds that the log check does not list. */
  unlisted: Deviations;
}

interface Group extends FaultGroup {
  /** When its first fault began, s since 1970. */
  from: number;
}

/**
 * Attributes the deviations of a step to its faults. A message belongs to the last fault that began before it was due, or at most
 * {@link UNDER_WAY_SEC} later, to the second; whether that fault had already ended does not count, because what it caused may show
 * later, as when a broker that was away becomes the leader again.
 *
 * @returns undefined if the times are not known: no log check, or one of an older run
 */
export function attributionOf({
  logCheck,
  faults = [],
}: Pick<MeasuredStep, "logCheck" | "faults">): Attribution | undefined {
  if (!logCheck?.bySecond) return undefined;
  const groups = groupsOf(faults);
  const before = noDeviations();
  for (const second of logCheck.bySecond) {
    const group = groups.findLast(({ from }) => from < second.at + SECOND + UNDER_WAY_SEC);
    add(group?.deviations ?? before, second);
  }
  const unlisted = noDeviations();
  add(unlisted, logCheck);
  for (const second of logCheck.bySecond) add(unlisted, second, -1);
  return {
    groups: groups.map((group) => ({
      faults: group.faults.toSorted((a, b) => a - b),
      deviations: group.deviations,
    })),
    before,
    unlisted,
  };
}

/**
 * In the order of their starts. Faults that did not begin are in no group, nor are those of consumers: they cannot change what is
 * in the log.
 */
function groupsOf(faults: readonly FaultRecord[]): Group[] {
  const began = faults
    .filter(({ fault }) => !isOfConsumer(fault))
    .flatMap(({ number, startedAt }) => (startedAt === null ? [] : [{ number, from: startedAt / 1_000 }]))
    .sort((a, b) => a.from - b.from);
  const groups: Group[] = [];
  for (const { number, from } of began) {
    const last = groups.at(-1);
    if (last && from < last.from + SECOND) last.faults.push(number);
    else groups.push({ faults: [number], from, deviations: noDeviations() });
  }
  return groups;
}

/** No messages. */
export function noDeviations(): Deviations {
  return { missing: 0, duplicated: 0, reordered: 0 };
}

/** Adds counts to others. @param times how often; -1 subtracts them */
export function add(to: Deviations, counts: Readonly<Deviations | DeviatingSecond>, times = 1): void {
  for (const count of COUNTS) to[count] += times * counts[count];
}

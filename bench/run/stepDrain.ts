// The end of a step: waits until every acknowledged message is delivered or known to be lost.
import type { Workload } from "../../contract/workload.ts";
import type { Tally } from "../agent/protocol.ts";
import { Bitmap } from "../measure/bitmap.ts";
import { type LogOffsets, unreadOf } from "../measure/unread.ts";

/** Shortest time between two requests for tallies, which contain all sequences of the step. */
const TALLY_EVERY_SEC = 1;

/** What a drain needs from the agents and from Kafka. */
export interface DrainSources {
  /** Polls the agents, after a pause. */
  poll(): Promise<void>;
  /** Seconds since 1970. */
  nowSec(): number;
  /** Whether all producers have finished, and how many messages were acknowledged and delivered to every group. */
  progress(): { idle: boolean; acked: number; delivered: number };
  /** Resolves when all consumers are there; undefined or absent: they are. The time until then does not count for the deadline. */
  ready?(): Promise<unknown> | undefined;
  /** The tallies of all agents. */
  tallies(): Promise<Tally[]>;
  /** The log's offsets. */
  log(): Promise<LogOffsets>;
}

/** How a step drained. */
export interface Drained {
  /** Messages under way at the end of the measured time. */
  backlogAtEnd: number;
  /** Time until every message was delivered or known to be lost; null: not within the limit. */
  seconds: number | null;
}

/**
 * Waits until every acknowledged message is delivered or known to be lost, or until the deadline. A message is known to be
 * lost if every group has read the log to its end. Before the deadline this holds only with acks all: other messages may be
 * acknowledged before consumers can see them.
 *
 * @param toSec end of the measured time. @param deadlineSec both in s since 1970
 */
export async function drain(
  sources: DrainSources,
  {
    toSec,
    deadlineSec,
    acks,
    starts,
  }: {
    toSec: number;
    deadlineSec: number;
    acks: Workload["acks"];
    starts: Readonly<Record<number, string>>;
  },
): Promise<Drained> {
  let backlogAtEnd: number | undefined;
  let endSec = deadlineSec;
  let log: LogOffsets | undefined;
  let talliedSec = Number.NEGATIVE_INFINITY;
  for (;;) {
    await sources.poll();
    const { idle, acked, delivered } = sources.progress();
    if (backlogAtEnd === undefined) {
      backlogAtEnd = Math.max(0, acked - delivered);
      const ready = sources.ready?.();
      if (ready) {
        await ready;
        endSec += Math.max(0, sources.nowSec() - toSec);
        continue;
      }
    }
    const beganSec = sources.nowSec();
    const mayBeDone = idle && (delivered >= acked || acks === "all");
    if (mayBeDone && beganSec - talliedSec >= TALLY_EVERY_SEC) {
      talliedSec = beganSec;
      // The log's end is read first, so that all acknowledged messages lie before it.
      if (delivered < acked) log ??= await sources.log().catch(() => undefined);
      const tallies = await sources.tallies();
      const done = missingOf(tallies) === 0 || (acks === "all" && log && isRead(tallies, log, starts));
      if (done) return { backlogAtEnd, seconds: Math.max(0, beganSec - toSec) };
    }
    if (sources.nowSec() >= endSec) return { backlogAtEnd, seconds: null };
  }
}

function isRead(
  tallies: readonly Tally[],
  log: LogOffsets,
  starts: Readonly<Record<number, string>>,
): boolean {
  const groups = [...groupsOf(tallies).values()].map((tasks) => tasks.flatMap(({ positions }) => positions));
  return unreadOf(groups, log, starts) === 0;
}

/** Number of acknowledged messages that a group has not received, the largest of all groups. */
export function missingOf(tallies: readonly Tally[]): number {
  const acked = tallies.flatMap(({ producers }) => producers);
  const groups = [...groupsOf(tallies).values()].map((tasks) => {
    const received = new Map<number, Bitmap>();
    for (const { producer, received: text } of tasks.flatMap(({ producers }) => producers)) {
      const bitmap = Bitmap.decode(text);
      const previous = received.get(producer);
      if (previous) previous.or(bitmap);
      else received.set(producer, bitmap);
    }
    return received;
  });
  const missing = groups.map(() => 0);
  for (const { producer, acked: text } of acked) {
    const wanted = Bitmap.decode(text);
    for (const [index, received] of groups.entries()) {
      const lacks = Bitmap.missing(wanted, received.get(producer) ?? new Bitmap(), 0, wanted.end);
      missing[index] = (missing[index] as number) + lacks;
    }
  }
  return Math.max(0, ...missing);
}

/** The tallies of consumers, by group. */
function groupsOf(tallies: readonly Tally[]): Map<string, Tally["groups"][string][]> {
  const groups = new Map<string, Tally["groups"][string][]>();
  for (const [name, task] of tallies.flatMap(({ groups: byName }) => Object.entries(byName))) {
    groups.set(name, [...(groups.get(name) ?? []), task]);
  }
  return groups;
}

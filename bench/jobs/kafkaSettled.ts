import { z } from "zod";
import { TookTooLong, within } from "../clock.ts";
import { type JobContext, job, throttled } from "../job.ts";
import {
  type ClusterHealth,
  inspectAll,
  inspectOne,
  isThere,
  type Member,
  memberSchema,
} from "../kafka/metrics.ts";
import { notThere, whatToWaitFor } from "../kafka/settling.ts";
import { Problem, reason } from "../problem.ts";

const PAUSE_MS = 500;
const ATTEMPT_MS = 15_000;
/** So many looks in a row must find nothing amiss: brokers hear of a change some time after the controller. */
const CALM_LOOKS = 3;
/** So often is a member asked before it counts as one that was not there. */
const TRIES = 4;

const inputSchema = z
  .strictObject({
    /** Name of the member that has just been changed. */
    self: z.string(),
    /** All members that there are to be. */
    members: z.array(memberSchema).min(1),
    timeoutSec: z.number().positive(),
  })
  .refine(({ self, members }) => members.some(({ name }) => name === self), "self is none of the members");
type Input = z.output<typeof inputSchema>;

/** The cluster is whole, with so many partitions (the internal topics' too); or what it lacks; or why nobody waited. */
export type KafkaSettledResult = { partitions: number } | { absent: string[] } | { skipped: string };

/** How a cluster is looked at. */
export interface ClusterProbe {
  all(members: Member[]): Promise<ClusterHealth>;
  /** What is amiss with one member; undefined where nothing is. */
  one(member: Member): Promise<string | undefined>;
  isThere(member: Member): Promise<boolean>;
}
const realProbe: ClusterProbe = { all: inspectAll, one: inspectOne, isThere };

/**
 * Waits until the cluster is whole again after one of its members was changed: all serve, and no partition lacks a
 * replica in sync. Members that did not serve before are not waited for: see {@link whatToWaitFor}.
 *
 * @throws Problem that says what was still amiss when the time was over
 */
export async function waitUntilSettled(
  input: Input,
  context: JobContext,
  probe: ClusterProbe = realProbe,
): Promise<KafkaSettledResult> {
  const { self, members } = input;
  const others = members.filter(({ name }) => name !== self);
  const wait = whatToWaitFor(self, members, await thereAmong(others, context, probe));
  if (wait.for === "nothing") {
    context.progress(`not waiting for ${self}: ${wait.why}`);
    return { skipped: wait.why };
  }
  if (wait.for === "all") {
    const { partitions } = await untilCalm(input, context, () => probe.all(members));
    return { partitions };
  }
  context.progress(`waiting for ${self} alone: ${notThere(wait.absent)}`);
  const changed = members.find(({ name }) => name === self);
  await untilCalm(input, context, async () => ({ amiss: changed && (await probe.one(changed)) }));
  return { absent: wait.absent };
}

/** Names of the members that serve although nothing was done to them. */
async function thereAmong(
  others: Member[],
  { clock }: JobContext,
  probe: ClusterProbe,
): Promise<Set<string>> {
  const there = new Set<string>();
  for (let tries = 0; tries < TRIES && there.size < others.length; tries += 1) {
    if (tries > 0) await clock.sleep(PAUSE_MS);
    const asked = others.filter(({ name }) => !there.has(name));
    const answers = await Promise.all(asked.map((member) => probe.isThere(member)));
    for (const [index, { name }] of asked.entries()) if (answers[index]) there.add(name);
  }
  return there;
}

/** Looks until nothing has been amiss several times in a row, and gives the last look. */
async function untilCalm<L extends Pick<ClusterHealth, "amiss">>(
  { timeoutSec }: Input,
  context: JobContext,
  look: () => Promise<L>,
): Promise<L> {
  const { clock } = context;
  const deadline = clock.now() + timeoutSec * 1_000;
  const show = throttled(context);
  let last: string | undefined;
  for (let calm = 0; ; await clock.sleep(PAUSE_MS)) {
    const ms = Math.max(1, Math.min(ATTEMPT_MS, deadline - clock.now()));
    try {
      const seen = await within(ms, "the look", look());
      last = seen.amiss;
      calm = last === undefined ? calm + 1 : 0;
      if (calm === CALM_LOOKS) return seen;
    } catch (error) {
      calm = 0;
      if (!(error instanceof TookTooLong && last !== undefined)) last = reason(error);
    }
    if (clock.now() + PAUSE_MS > deadline) {
      throw new Problem(
        `Kafka did not settle within ${timeoutSec} s: ${last ?? "it has only just come to rest"}`,
        "See how the brokers fare on the manager: docker service ls, docker service logs broker-1",
      );
    }
    if (last !== undefined) show(() => `waiting for Kafka to settle: ${last}`);
  }
}

export const kafkaSettled = job({
  input: inputSchema,
  run: (input, context) => waitUntilSettled(input, context),
});

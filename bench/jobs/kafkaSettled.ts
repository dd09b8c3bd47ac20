import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { TimedOut, within } from "../clock.ts";
import { type JobContext, job, throttled } from "../job.ts";
import {
  type ClusterHealth,
  inspectAll,
  inspectOne,
  isServing,
  type Member,
  memberSchema,
} from "../kafka/metrics.ts";
import { downText, waitAfterChange } from "../kafka/settling.ts";
import { reason } from "../reason.ts";

const PAUSE_MS = 500;
const ATTEMPT_MS = 15_000;
/** Required number of consecutive healthy inspections: brokers learn of a change some time after the controller. */
const HEALTHY_IN_A_ROW = 3;
/** Number of attempts before a member counts as down. */
const ATTEMPTS = 4;

const inputSchema = z
  .strictObject({
    /** Name of the changed member. */
    self: z.string(),
    /** All members of the cluster. */
    members: z.array(memberSchema).min(1),
    timeoutSec: z.number().positive(),
  })
  .refine(({ self, members }) => members.some(({ name }) => name === self), "self is not one of the members");
type Input = z.output<typeof inputSchema>;

/**
 * The result of the job `kafka-settled`. `partitions`: the cluster is healthy, and has this many, including internal topics.
 * `absent`: the changed member is healthy, and these members were already down. `skipped`: why the job did not wait.
 */
type KafkaSettledResult = { partitions: number } | { absent: string[] } | { skipped: string };

/** Inspects a cluster. A parameter, so that tests can replace it. */
export interface ClusterProbe {
  all(members: Member[]): Promise<ClusterHealth>;
  /** The issue of one member; undefined if it is healthy. */
  one(member: Member): Promise<string | undefined>;
  isServing(member: Member): Promise<boolean>;
}
const realProbe: ClusterProbe = { all: inspectAll, one: inspectOne, isServing };

/**
 * Waits until the cluster is healthy after a change of one member: all members serve, and all replicas are in sync. Does
 * not wait for members that were already down: see {@link waitAfterChange}.
 *
 * @throws SwarmbenchError `kafka-failed` with the issues that remain after the timeout
 */
export async function waitUntilSettled(
  input: Input,
  context: JobContext,
  probe: ClusterProbe = realProbe,
): Promise<KafkaSettledResult> {
  const { self, members } = input;
  const others = members.filter(({ name }) => name !== self);
  const wait = waitAfterChange(self, members, await servingAmong(others, context, probe));
  if (wait.for === "nothing") {
    context.progress(`not waiting for ${self}: ${wait.why}`);
    return { skipped: wait.why };
  }
  if (wait.for === "all") {
    const { partitions } = await untilHealthy(input, context, () => probe.all(members));
    return { partitions };
  }
  context.progress(`waiting only for ${self}: ${downText(wait.absent)}`);
  const changed = members.find(({ name }) => name === self);
  await untilHealthy(input, context, async () => ({ issue: changed && (await probe.one(changed)) }));
  return { absent: wait.absent };
}

/** Names of the unchanged members that serve. */
async function servingAmong(
  others: Member[],
  { clock }: JobContext,
  probe: ClusterProbe,
): Promise<Set<string>> {
  const serving = new Set<string>();
  for (let attempt = 0; attempt < ATTEMPTS && serving.size < others.length; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS);
    const asked = others.filter(({ name }) => !serving.has(name));
    const answers = await Promise.all(asked.map((member) => probe.isServing(member)));
    for (const [index, { name }] of asked.entries()) if (answers[index]) serving.add(name);
  }
  return serving;
}

/** Inspects until {@link HEALTHY_IN_A_ROW} consecutive inspections find no issue, and returns the last one. */
async function untilHealthy<L extends Pick<ClusterHealth, "issue">>(
  { timeoutSec }: Input,
  context: JobContext,
  inspect: () => Promise<L>,
): Promise<L> {
  const { clock } = context;
  const deadline = clock.now() + timeoutSec * 1_000;
  const show = throttled(context);
  let last: string | undefined;
  for (let healthy = 0; ; await clock.sleep(PAUSE_MS)) {
    const ms = Math.max(1, Math.min(ATTEMPT_MS, deadline - clock.now()));
    try {
      const health = await within(ms, "the inspection", inspect());
      last = health.issue;
      healthy = last === undefined ? healthy + 1 : 0;
      if (healthy === HEALTHY_IN_A_ROW) return health;
    } catch (error) {
      healthy = 0;
      if (!(error instanceof TimedOut && last !== undefined)) last = reason(error);
    }
    if (clock.now() + PAUSE_MS > deadline) {
      throw new SwarmbenchError(
        "kafka-failed",
        `Kafka did not settle within ${timeoutSec} s: ${last ?? "it became healthy too late to be checked again"}`,
        { hint: "See the brokers on the manager: docker service ls, docker service logs broker-1" },
      );
    }
    if (last !== undefined) show(() => `waiting for Kafka to settle: ${last}`);
  }
}

/** The job that waits for Kafka after a change of one member. */
export const kafkaSettled = job({
  input: inputSchema,
  run: (input, context) => waitUntilSettled(input, context),
});

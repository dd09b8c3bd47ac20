import { z } from "zod";
import { kafkaTargetSchema } from "../../contract/target";
import { TookTooLong, within } from "../clock";
import { type JobContext, job, throttled } from "../job";
import { type KafkaDoor, kafkaDoor } from "../kafka/cluster";
import { type Look, lookAsClient } from "../kafka/look";
import { lookAtMetrics, memberSchema } from "../kafka/metrics";
import { Problem, reason } from "../problem";

const PAUSE_MS = 500;
const ATTEMPT_MS = 15_000;
/** So many looks in a row must find nothing amiss: brokers hear of a change some time after the controller. */
const CALM_LOOKS = 3;

const timeoutSec = z.number().positive();
const inputSchema = z.union([
  /** Asks as a client does. expectBrokers: ids of the brokers that must be there; @default those of the target */
  z.strictObject({ target: kafkaTargetSchema, expectBrokers: z.array(z.int()).optional(), timeoutSec }),
  /** Asks the metrics of every member there is to be. */
  z.strictObject({ members: z.array(memberSchema).min(1), timeoutSec }),
]);
type Input = z.output<typeof inputSchema>;

export interface KafkaSettledResult {
  /** Of all topics, the internal ones too. */
  partitions: number;
  tookMs: number;
}

/**
 * Waits until the expected brokers are in the cluster, every partition has a leader and all of its replicas are in sync.
 *
 * @throws Problem that says what was still amiss when the time was over
 */
export async function waitUntilSettled(
  input: Input,
  context: JobContext,
  look = lookOf(input),
): Promise<KafkaSettledResult> {
  const { clock } = context;
  const began = clock.now();
  const deadline = began + input.timeoutSec * 1_000;
  const show = throttled(context);
  let last: string | undefined;
  const failed = (error: unknown): Look => {
    const tellsMore = error instanceof TookTooLong && last !== undefined;
    return { amiss: tellsMore ? last : reason(error), partitions: 0 };
  };
  for (let calm = 0; ; await clock.sleep(PAUSE_MS)) {
    const ms = Math.max(1, Math.min(ATTEMPT_MS, deadline - clock.now()));
    const { amiss, partitions } = await within(ms, "the look", look()).catch(failed);
    last = amiss;
    calm = amiss === undefined ? calm + 1 : 0;
    if (calm === CALM_LOOKS) return { partitions, tookMs: Math.round(clock.now() - began) };
    if (clock.now() + PAUSE_MS > deadline) {
      throw new Problem(
        `Kafka did not settle within ${input.timeoutSec} s: ${amiss ?? "it has only just come to rest"}`,
        "See how the brokers fare on the manager: docker service ls, docker service logs broker-1",
      );
    }
    if (amiss !== undefined) show(() => `waiting for Kafka to settle: ${amiss}`);
  }
}

/** How the input asks to look. */
export function lookOf(input: Input, door: KafkaDoor = kafkaDoor): () => Promise<Look> {
  if ("members" in input) return () => lookAtMetrics(input.members);
  const { target, expectBrokers } = input;
  const expected = expectBrokers ?? target.brokers.map(({ id }) => id);
  return () => lookAsClient(target, expected, door);
}

export const kafkaSettled = job({
  input: inputSchema,
  run: (input, context) => waitUntilSettled(input, context),
});

import { randomBytes } from "node:crypto";
import { z } from "zod";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { type JobContext, job } from "../job.ts";
import { type KafkaApi, kafkaApi } from "../kafka/cluster.ts";
import { throughAll } from "../kafka/rounds.ts";

const TOPIC_PREFIX = "swarmbench-ready-";

const inputSchema = z.strictObject({
  target: kafkaTargetSchema,
  timeoutSec: z.number().positive(),
});

export interface KafkaReadyResult {
  /** Ids of the brokers that a record went through. */
  brokers: number[];
  controllerId: number | null;
  clusterId: string;
}

/**
 * Waits until a record was produced and consumed through every broker: on a topic of its own for each, which only that
 * broker has, so that one broker's fault is never another's.
 *
 * @throws Problem that names the brokers that are not ready in time
 */
export async function waitUntilReady(
  { target, timeoutSec }: z.output<typeof inputSchema>,
  context: JobContext,
  door: KafkaApi = kafkaApi,
): Promise<KafkaReadyResult> {
  const deadline = context.clock.now() + timeoutSec * 1_000;
  const rounds = { brokers: target.brokers, deadline, context };
  const ids = target.brokers.map(({ id }) => id);

  const views = await throughAll({ ...rounds, what: "to join" }, async (broker) => {
    const view = await door.view(target, broker);
    const missing = ids.filter((id) => !view.brokers.includes(id));
    if (missing.length > 0) throw new Error(`the cluster does not know broker ${missing.join(", ")} yet`);
    return view;
  });

  const prefix = `${TOPIC_PREFIX}${randomBytes(4).toString("hex")}-`;
  const topicOf = (id: number) => `${prefix}${id}`;
  await throughAll({ ...rounds, what: "to pass a record on" }, async (broker) => {
    await door.placeTopics(target, { [topicOf(broker.id)]: broker.id });
    await door.roundTrip(target, broker, topicOf(broker.id));
  });
  await door.removeTopics(target, TOPIC_PREFIX); // those of a run that was cut off too

  const view = views.at(-1);
  return {
    brokers: ids,
    controllerId: view?.controllerId ?? null,
    clusterId: view?.clusterId ?? "",
  };
}

export const kafkaReady = job({
  input: inputSchema,
  run: (input, context) => waitUntilReady(input, context),
});

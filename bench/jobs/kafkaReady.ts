import { randomBytes } from "node:crypto";
import { z } from "zod";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { type JobContext, job } from "../job.ts";
import { type KafkaApi, kafkaApi } from "../kafka/cluster.ts";
import { retryAll } from "../kafka/rounds.ts";

const TOPIC_PREFIX = "swarmbench-ready-";

const inputSchema = z.strictObject({
  target: kafkaTargetSchema,
  timeoutSec: z.number().positive(),
});

/** The result of the job `kafka-ready`. */
interface KafkaReadyResult {
  /** Ids of the brokers that passed the check. */
  brokers: number[];
  controllerId: number | null;
  clusterId: string;
}

/**
 * Waits until a record has been produced and consumed through every broker. Each broker has its own topic with a single
 * replica on that broker, so that a faulty broker cannot fail the check of another one.
 *
 * @throws SwarmbenchError `kafka-failed` with the brokers that are not ready in time
 */
export async function waitUntilReady(
  { target, timeoutSec }: z.output<typeof inputSchema>,
  context: JobContext,
  api: KafkaApi = kafkaApi,
): Promise<KafkaReadyResult> {
  const deadline = context.clock.now() + timeoutSec * 1_000;
  const rounds = { brokers: target.brokers, deadline, context };
  const ids = target.brokers.map(({ id }) => id);

  const views = await retryAll({ ...rounds, what: "to join" }, async (broker) => {
    const view = await api.view(target, broker);
    const missing = ids.filter((id) => !view.brokers.includes(id));
    if (missing.length > 0) throw new Error(`broker ${missing.join(", ")} has not joined the cluster yet`);
    return view;
  });

  const prefix = `${TOPIC_PREFIX}${randomBytes(4).toString("hex")}-`;
  const topicOf = (id: number) => `${prefix}${id}`;
  await retryAll({ ...rounds, what: "to pass a record" }, async (broker) => {
    await api.placeTopics(target, { [topicOf(broker.id)]: broker.id });
    await api.roundTrip(target, broker, topicOf(broker.id));
  });
  await api.removeTopics(target, TOPIC_PREFIX); // including those of an interrupted job

  const view = views.at(-1);
  return {
    brokers: ids,
    controllerId: view?.controllerId ?? null,
    clusterId: view?.clusterId ?? "",
  };
}

/** The job that waits for Kafka's brokers. */
export const kafkaReady = job({
  input: inputSchema,
  run: (input, context) => waitUntilReady(input, context),
});

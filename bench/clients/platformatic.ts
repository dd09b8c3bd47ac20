// The client @platformatic/kafka. Its package is loaded on first use, because it needs a newer Node.js than the program.
import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaTarget } from "../../contract/target.ts";
import platformaticPackage from "../../node_modules/@platformatic/kafka/package.json" with { type: "json" };
import { errorKind } from "./errorKind.ts";
import { type ConsumerSession, openSession } from "./platformaticSession.ts";
import type { ClientAdapter } from "./port.ts";
import { loginOptions, tlsOptions } from "./tls.ts";

/** About 20 s in total: a shorter outage of a broker costs latency but no message; a longer one is an error. */
const RETRY = { retries: 40, retryDelay: 500 };
const TIMEOUTS = { connectTimeout: 3_000, timeout: 10_000 };
/** Wait before a consumer whose stream has failed is replaced, ms; it doubles up to the longest one. */
const REPLACE_MS = { first: 500, longest: 4_000 };

/** What is used of the package. */
type Module = Pick<
  typeof import("@platformatic/kafka"),
  "Producer" | "Consumer" | "compatibilityPartitioner"
>;

/** Loads the package and returns its adapter. @param load tests replace it */
export async function platformaticAdapter(
  load: () => Promise<Module> = () => import("@platformatic/kafka"),
): Promise<ClientAdapter> {
  const client = await load();
  return {
    name: "platformatic",
    // Imported by path, because the package does not export this file.
    version: platformaticPackage.version,
    connectProducer: producersOf(client),
    connectConsumer: consumersOf(client),
  };
}

function optionsOf(target: KafkaTarget, clientId: string) {
  return {
    clientId,
    bootstrapBrokers: target.bootstrap,
    autocreateTopics: false,
    ...RETRY,
    ...TIMEOUTS,
    tls: tlsOptions(target),
    sasl: loginOptions(target),
  };
}

function producersOf(client: Module): ClientAdapter["connectProducer"] {
  const { Producer, compatibilityPartitioner } = client;
  return async (target, clientId, { topic, acks, idempotent, compression }) => {
    // Messages without a key go to the partitions in turn, starting at a random one, so that producers do not all start with the same.
    let next = Math.floor(Math.random() * 0x7fff_ffff);
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      ...optionsOf(target, clientId),
      idempotent,
      compression,
      // The client's default would map keys to other partitions than Kafka's Java client and kafkajs do.
      partitioner: (message, key) => {
        if (key !== undefined) return compatibilityPartitioner(message, key);
        next += 1;
        return next;
      },
    });
    await producer.metadata({ topics: [topic] });
    return {
      send: async (messages) => {
        const { offsets = [] } = await producer.send({
          // The client takes no default for acks from the producer's options: without it, it would ask for 1.
          acks: acks === "all" ? -1 : acks,
          messages: messages.map(({ key, value }) => ({ topic, key, value })),
        });
        return offsets.map(({ partition }) => partition);
      },
      close: () => producer.close(),
    };
  };
}

/**
 * A consumer of this client stops for ever when its stream fails: after an outage that is longer than the retries, or if a broker
 * ends while the stream looks up its offsets. Then another one takes its place in the group, as kafkajs does by itself.
 */
function consumersOf({ Consumer }: Module): ClientAdapter["connectConsumer"] {
  return async (target, clientId, options, nowUs, receive) => {
    const errors: Record<string, number> = {};
    let joins = 0;
    /** How it has ended. */
    let ended: "close" | "kill" | undefined;
    const howEnded = () => ended;
    const failed = (error: unknown) => {
      const kind = errorKind(error);
      errors[kind] = (errors[kind] ?? 0) + 1;
    };
    const open = () =>
      openSession({ Consumer }, { ...optionsOf(target, clientId), groupId: options.group }, options, {
        nowUs,
        receive,
        joined: () => {
          joins += 1;
        },
        failed,
        ended: () => void replace(),
      });
    let session: ConsumerSession = await open();
    const replace = async () => {
      for (
        let waitMs = REPLACE_MS.first;
        ended === undefined;
        waitMs = Math.min(2 * waitMs, REPLACE_MS.longest)
      ) {
        await session.close().catch(() => {}); // it is of no use any more
        await sleep(waitMs);
        try {
          if (ended === undefined) session = await open();
          // It may have ended meanwhile.
          const how = howEnded();
          if (how) await session[how]();
          return;
        } catch (error) {
          failed(error);
        }
      }
    };
    return {
      assigned: () => session.assigned(),
      joins: () => joins,
      errors: () => errors,
      leave: async () => {
        ended = "close";
        await session.leave();
      },
      kill: async () => {
        ended = "kill";
        await session.kill();
      },
      close: async () => {
        ended = "close";
        await session.close();
      },
    };
  };
}

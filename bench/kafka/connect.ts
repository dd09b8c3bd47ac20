// Finds the brokers of a Kafka cluster from its bootstrap addresses, and explains why a connection fails.
import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaBroker, KafkaTarget } from "../../contract/target.ts";
import { addressOf, failFastClient } from "../clients/clientConfig.ts";
import { within } from "../clock.ts";
import { reason } from "../reason.ts";

/** Longest wait for one broker. */
const TIMEOUT_MS = 10_000;

/** A cluster before its brokers are known. */
export type UnknownBrokers = Omit<KafkaTarget, "brokers">;

/** A cluster as its brokers describe it. */
export interface FoundCluster {
  clusterId: string;
  /** By their ids, with the addresses that they advertise to clients. */
  brokers: KafkaBroker[];
}

/**
 * Asks a cluster for its brokers, and connects to each of them.
 *
 * @throws SwarmbenchError `kafka-failed` that says whether the addresses, TLS, the login or an advertised address caused it
 */
export async function findBrokers(target: UnknownBrokers): Promise<FoundCluster> {
  const whole: KafkaTarget = { ...target, brokers: [] };
  const cluster = await describe(whole, target.bootstrap).catch((error) => {
    throw connectError(`Kafka at ${target.bootstrap.join(", ")}`, error);
  });
  await Promise.all(
    cluster.brokers.map((broker) =>
      describe(whole, [addressOf(broker)]).catch((error) => {
        throw advertisedError(broker, target.bootstrap, error);
      }),
    ),
  );
  return cluster;
}

async function describe(target: KafkaTarget, bootstrap: string[]): Promise<FoundCluster> {
  const admin = failFastClient(target, bootstrap).admin();
  const asking = admin
    .connect()
    .then(() => admin.describeCluster())
    .finally(() => admin.disconnect().catch(() => {}));
  const { clusterId, brokers } = await within(TIMEOUT_MS, "the request", asking);
  return {
    clusterId,
    brokers: brokers
      .map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
      .sort((a, b) => a.id - b.id),
  };
}

/** The most specific message: kafkajs wraps connection errors and repeats them. */
function messageOf(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string };
  return cause instanceof Error && cause.message !== message ? messageOf(cause) : reason(error);
}

/** Hints by pattern of the error message. The first match counts. */
const CAUSES: readonly [RegExp, string][] = [
  [
    /self.signed|unable to (get|verify)|certificate has expired|issuer/i,
    "Set the CA that signed the brokers' certificates: ssl.truststore.type=PEM and ssl.truststore.location=FILE in the --properties file.",
  ],
  [
    /altnames|does not match certificate/i,
    "Use a host name that the certificate contains, or set ssl.endpoint.identification.algorithm= (empty) in the --properties file.",
  ],
  [
    /authenticat|SASL|credentials/i,
    "Check user, password and mechanism: sasl.mechanism and sasl.jaas.config in the --properties file.",
  ],
  [
    /ssl|tls|EPROTO|wrong version number/i,
    "The listener does not use the protocol in security.protocol: check the broker's listeners.",
  ],
  [
    /ECONNRESET|closed connection|timeout|took more than/i,
    "The listener may expect TLS or a login: set security.protocol in the --properties file.",
  ],
];

function hintOf(message: string): string {
  const known = CAUSES.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? "Check the addresses, and whether a broker listens there.";
}

function connectError(what: string, error: unknown): SwarmbenchError {
  const message = messageOf(error);
  return new SwarmbenchError("kafka-failed", `${what} cannot be used: ${message}`, {
    hint: hintOf(message),
    cause: error,
  });
}

function advertisedError(broker: KafkaBroker, bootstrap: string[], error: unknown): SwarmbenchError {
  const address = addressOf(broker);
  if (bootstrap.includes(address)) return connectError(`Kafka at ${address}`, error);
  return new SwarmbenchError(
    "kafka-failed",
    `broker ${broker.id} advertises the address ${address}, which cannot be used from here: ${messageOf(error)}`,
    {
      hint: "Clients connect to the addresses that brokers advertise: set advertised.listeners of the broker, or run swarmbench where the address can be reached.",
      cause: error,
    },
  );
}

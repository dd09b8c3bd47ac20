// The one door to kafkajs: nothing else makes a client.
import { Kafka, type KafkaConfig, type LogEntry, logLevel } from "kafkajs";
import type { KafkaBroker, KafkaTarget } from "../../contract/target.ts";

// It recommends a partitioner of its old version at every producer.
process.env.KAFKAJS_NO_PARTITIONER_WARNING ??= "1";

/** host:port of a broker, as clients reach it. */
export function addressOf(broker: KafkaBroker): string {
  return `${broker.host}:${broker.port}`;
}

/**
 * A client's configuration.
 *
 * @param bootstrap where it begins; @default the target's own bootstrap list
 */
export function clientConfig(target: KafkaTarget, bootstrap = target.bootstrap): KafkaConfig {
  const { protocol, username, password, ca } = target.security;
  return {
    clientId: "swarmbench",
    brokers: bootstrap,
    ssl: protocol.endsWith("SSL") ? (ca === undefined ? true : { ca: [ca] }) : undefined,
    sasl: protocol.startsWith("SASL_")
      ? { mechanism: "scram-sha-512", username: username ?? "", password: password ?? "" }
      : undefined,
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    // Whoever uses the client reports its errors; KAFKAJS_LOG_LEVEL=INFO shows what else it has to say.
    logLevel: logLevel.NOTHING,
    logCreator: () => toStderr,
  };
}

// Its own logger writes to standard output, which is the result's.
function toStderr({ namespace, label, log }: LogEntry): void {
  process.stderr.write(`kafkajs ${label} ${namespace}: ${log.message}\n`);
}

/** A client that tries little by itself: the jobs have their own way to wait. */
export function impatientClient(target: KafkaTarget, bootstrap?: string[]): Kafka {
  const retry = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };
  return new Kafka({ ...clientConfig(target, bootstrap), retry });
}

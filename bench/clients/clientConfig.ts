// The configuration of every kafkajs client.
import { Kafka, type KafkaConfig, type LogEntry, logLevel, type SASLOptions } from "kafkajs";
import type { KafkaBroker, KafkaTarget } from "../../contract/target.ts";
import { loginOptions, tlsOptions } from "./tls.ts";

// kafkajs prints a warning about its default partitioner for every producer.
process.env.KAFKAJS_NO_PARTITIONER_WARNING ??= "1";

/** A broker's address for clients, host:port. */
export function addressOf(broker: KafkaBroker): string {
  return `${broker.host}:${broker.port}`;
}

/**
 * The configuration of a kafkajs client: addresses, TLS, login and timeouts.
 *
 * @param bootstrap addresses to connect to first; @default the target's bootstrap list
 */
export function clientConfig(target: KafkaTarget, bootstrap = target.bootstrap): KafkaConfig {
  const login = loginOptions(target);
  return {
    clientId: "swarmbench",
    brokers: bootstrap,
    ssl: tlsOptions(target),
    sasl: login && ({ ...login, mechanism: login.mechanism.toLowerCase() } as SASLOptions),
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    // Callers report the errors. KAFKAJS_LOG_LEVEL=INFO turns the client's own log on.
    logLevel: logLevel.NOTHING,
    logCreator: () => toStderr,
  };
}

// The client's own logger writes to standard output, which is reserved for the result.
function toStderr({ namespace, label, log }: LogEntry): void {
  process.stderr.write(`kafkajs ${label} ${namespace}: ${log.message}\n`);
}

/** A client that retries only once, because the jobs have retries of their own. */
export function failFastClient(target: KafkaTarget, bootstrap?: string[]): Kafka {
  const retry = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };
  return new Kafka({ ...clientConfig(target, bootstrap), retry });
}

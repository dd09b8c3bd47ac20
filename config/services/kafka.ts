import { z } from "zod";
import { memorySize, wholeNumber } from "../../contract/units.ts";
import { kafkaErrors } from "../kafka/checks.ts";
import { defineService, enabled, type Limits, limits, limitsOf, rotation } from "./service.ts";

/** Security protocols between clients and brokers, by Kafka's names (`security.protocol`). */
export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
/** A value of `kafka.security`. */
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number];

// All options are passed to the JVM as one string, which is split at blanks.
const jvmOption = z
  .string()
  .regex(/^-\S+$/, 'expected a JVM option that starts with "-" and contains no blank, such as -XX:+UseZGC');

const schema = z
  .strictObject({
    enabled: enabled.describe("`false` leaves Kafka out, and with it the agents and the benchmark."),
    brokers: wholeNumber(1, 50)
      .prefault(1)
      .describe(
        "Number of brokers, each on its own node. With one or two brokers, the first is also the controller. With three, all of them are. With more, three dedicated controllers are added. Changing the number creates a new, empty cluster.",
      ),
    heap: memorySize(128, "a broker's heap")
      .prefault("1 GiB")
      .describe(
        "Java heap of each Kafka server (broker or dedicated controller): its initial and its maximum size.",
      ),
    jvmOptions: z
      .array(jvmOption)
      .prefault([])
      .describe(
        "Additional options of each Kafka server's JVM, such as `-XX:MaxGCPauseMillis=20` or another garbage collector.",
      ),
    config: z.record(z.string(), z.unknown()).prefault({}).meta({
      description:
        "Server properties by Kafka's names, such as `num.network.threads`. They override the defaults, which depend on the number of brokers. Secrets, and properties that are derived from other options, are rejected.",
      valueType: "by name: text, number, boolean or list",
    }),
    security: z
      .enum(SECURITY_PROTOCOLS, `expected one of ${SECURITY_PROTOCOLS.join(", ")}`)
      .prefault("PLAINTEXT")
      .describe(
        "How clients connect to the brokers. `up` creates the certificates; passwords are SCRAM-SHA-512. A change from `PLAINTEXT` to any other value, or back, creates a new, empty cluster, because the brokers start or stop using TLS among themselves.",
      ),
    externalPort: wholeNumber(1024, 65535)
      .optional()
      .describe(
        "Port that each broker's node publishes, on all of its addresses, for clients outside the swarm. Without it, brokers cannot be reached from outside. With a `security` other than `SASL_…` it requires `externalAccess: anyone`.",
      ),
    externalAccess: z
      .enum(["authenticated", "anyone"], "expected authenticated or anyone")
      .prefault("authenticated")
      .describe(
        "Who may use `externalPort`, and with `swarm.network: host` all ports of the brokers. `authenticated`: only clients with a password, which requires a `security` of `SASL_…`. `anyone`: with `PLAINTEXT` or `SSL`, everyone who reaches a port can read, write and delete all topics.",
      ),
    rotation,
    ...limits,
    memory: limits.memory.describe(
      "Memory limit of each Kafka server, at least 1.3 times the heap, because a JVM needs more memory than its heap.",
    ),
  })
  .prefault({})
  .describe("The Kafka cluster that is measured.");

type Parsed = z.output<typeof schema>;

/** Settings for the deployment of Kafka. */
export type KafkaSettings = Omit<Parsed, "enabled" | "heap" | "cpus" | "memory"> & {
  /** Heap of each Kafka server (broker or dedicated controller), its initial and its maximum size. */
  heapMiB: number;
  limits: Limits;
};

/** Kafka: the service that is measured. */
export const kafka = defineService({
  title: "Kafka",
  schema,
  settings: ({ enabled: isEnabled, heap, cpus, memory, ...rest }: Parsed): KafkaSettings | undefined =>
    isEnabled ? { ...rest, heapMiB: heap, limits: limitsOf({ cpus, memory }) } : undefined,
  errors: kafkaErrors,
});

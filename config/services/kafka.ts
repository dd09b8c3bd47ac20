import { z } from "zod";
import { memorySize, wholeNumber } from "../../contract/units.ts";
import { kafkaErrors } from "../kafka/checks.ts";
import { defineService, enabled, type Limits, limits, limitsOf, rotation } from "./service.ts";

/** Kafka's own names of how clients talk to a broker (`security.protocol`). */
export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number];

// All options go to the JVM as one text, which is split at blanks.
const jvmOption = z
  .string()
  .regex(/^-\S+$/, 'expected a JVM option, which begins with "-" and has no blank, such as -XX:+UseZGC');

const schema = z
  .strictObject({
    enabled: enabled.describe("`false` leaves Kafka out, and with it the agents and the benchmark."),
    brokers: wholeNumber(1, 50)
      .prefault(1)
      .describe(
        "Number of brokers, each on a node of its own. With one or two, the first is also the controller; with three, all are; with more, three dedicated controllers run beside them. Another number creates a new, empty cluster.",
      ),
    heap: memorySize(128, "a broker's heap")
      .prefault("1 GiB")
      .describe("Java heap of each member, its initial and its maximum size."),
    jvmOptions: z
      .array(jvmOption)
      .prefault([])
      .describe("More options of each member's JVM, such as `-XX:MaxGCPauseMillis=20` or another collector."),
    config: z.record(z.string(), z.unknown()).prefault({}).meta({
      description:
        "Server properties by Kafka's names, such as `num.network.threads`. They win over the defaults, which follow the number of brokers. Properties that follow from other options, and secrets, are refused.",
      valueType: "by name: text, number, boolean or list",
    }),
    security: z
      .enum(SECURITY_PROTOCOLS, `expected one of ${SECURITY_PROTOCOLS.join(", ")}`)
      .prefault("PLAINTEXT")
      .describe(
        "How clients connect to the brokers. `up` creates the certificates; passwords are SCRAM-SHA-512. A change from `PLAINTEXT` to any other value, or back, creates a new, empty cluster, since the brokers then start or stop using TLS among themselves.",
      ),
    externalPort: wholeNumber(1024, 65535)
      .optional()
      .describe(
        "Port that each broker's node publishes, on all of its addresses, for clients outside the swarm. Without it no broker can be reached from outside. With `security: PLAINTEXT` it needs `externalAccess: anyone`.",
      ),
    externalAccess: z
      .enum(["authenticated", "anyone"], "expected authenticated or anyone")
      .prefault("authenticated")
      .describe(
        "Who may use `externalPort`. authenticated: only who the brokers can check, so that it needs a `security` with a password (`SASL_…`). anyone: whoever reaches the port may read, write and delete all topics with `PLAINTEXT` or `SSL`.",
      ),
    rotation,
    ...limits,
    memory: limits.memory.describe(
      "Memory limit of each member, 1.3 times the heap or more: a JVM needs memory beside its heap.",
    ),
  })
  .prefault({})
  .describe("The Kafka cluster that is measured.");

type Parsed = z.output<typeof schema>;

/** What the components need to deploy Kafka. */
export type KafkaSettings = Omit<Parsed, "enabled" | "heap" | "cpus" | "memory"> & {
  /** Heap of each member, its initial and its maximum size. */
  heapMiB: number;
  limits: Limits;
};

/** Kafka, the service that is measured. */
export const kafka = defineService({
  title: "Kafka",
  schema,
  settings: ({ enabled: wanted, heap, cpus, memory, ...rest }: Parsed): KafkaSettings | undefined =>
    wanted ? { ...rest, heapMiB: heap, limits: limitsOf({ cpus, memory }) } : undefined,
  errors: kafkaErrors,
});

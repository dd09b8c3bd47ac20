// What the stack tells the benchmark about itself. components/ writes it, bench/ reads it; neither imports the other.
import { z } from "zod";

const address = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'expected host:port, such as "broker-1:9092"');

export const kafkaBrokerSchema = z.strictObject({
  /** Kafka's node.id. */
  id: z.int().min(0),
  /** As clients reach it: what the broker advertises. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
});
export type KafkaBroker = z.output<typeof kafkaBrokerSchema>;

/** The form of a stack's token. `pulumi up` makes 192 random bits, in hexadecimal digits. */
export const TOKEN = /^[\w-]{24,200}$/;

/** The secrets of the swarm that tasks of the bench image have as files. */
export const SECRET_FILES = {
  /** What a runner must show to agents and probes. */
  token: "/run/secrets/swarmbench_token",
  /** Of Kafka's user, where the brokers ask for one. */
  kafkaPassword: "/run/secrets/kafka_password",
} as const;

const publicSecurityShape = z.strictObject({
  /** Kafka's own names. */
  protocol: z.enum(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
  mechanism: z.literal("SCRAM-SHA-512").optional(),
  username: z.string().min(1).optional(),
  /** Certificates of the authorities that the brokers' certificates are checked with, PEM. */
  ca: z.string().includes("BEGIN CERTIFICATE").optional(),
});

const kafkaSecuritySchema = publicSecurityShape
  .extend({ password: z.string().min(1).optional() })
  .superRefine((security, context) =>
    refuseMissing(security, ["mechanism", "username", "password"], context),
  );

function refuseMissing<Key extends "mechanism" | "username" | "password">(
  security: { protocol: string; ca?: string | undefined } & { [K in Key]?: string | undefined },
  ofUser: readonly Key[],
  context: z.RefinementCtx,
): void {
  const needed: ("ca" | Key)[] = [
    ...(security.protocol.startsWith("SASL_") ? ofUser : []),
    ...(security.protocol.endsWith("SSL") ? (["ca"] as const) : []),
  ];
  for (const key of needed.filter((name) => security[name] === undefined)) {
    context.addIssue({ code: "custom", path: [key], message: `${security.protocol} needs it` });
  }
}

/** Where connections go instead: "broker-1:9092" to the address of a proxy that leads there. */
export const proxyRouteSchema = z.record(address, address);
export type ProxyRoute = z.output<typeof proxyRouteSchema>;

/** A Kafka cluster and how a client on the swarm's network gets into it. */
export const kafkaTargetSchema = z.strictObject({
  bootstrap: z.array(address).min(1),
  brokers: z.array(kafkaBrokerSchema).min(1),
  security: kafkaSecuritySchema,
  /** Kafka tells its clients the brokers' own addresses; a client that is to go through a proxy must know of it. */
  via: proxyRouteSchema.optional(),
});
export type KafkaTarget = z.output<typeof kafkaTargetSchema>;

/** The same without the password, which agents have as a file ({@link SECRET_FILES}) and nobody sends to them. */
export const openKafkaTargetSchema = kafkaTargetSchema.extend({
  security: publicSecurityShape.superRefine((security, context) =>
    refuseMissing(security, ["mechanism", "username"], context),
  ),
});
export type OpenKafkaTarget = z.output<typeof openKafkaTargetSchema>;

/** Takes the password out of a target. */
export function withoutPassword({ security, ...target }: KafkaTarget): OpenKafkaTarget {
  const { password: _, ...open } = security;
  return { ...target, security: open };
}

/** A bucket of InfluxDB, and a token that may do there what is to be done. */
export const influxTargetSchema = z.strictObject({
  url: z.url(),
  org: z.string().min(1),
  bucket: z.string().min(1),
  token: z.string().min(1),
});
export type InfluxTarget = z.output<typeof influxTargetSchema>;

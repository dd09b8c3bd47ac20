// The stack as the benchmark sees it. components/ writes it and bench/ reads it; neither imports the other.
import { z } from "zod";

const address = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'expected host:port, such as "broker-1:9092"');

const kafkaBrokerSchema = z.strictObject({
  /** Kafka's node.id. */
  id: z.int().min(0),
  /** The address that the broker advertises to clients. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535),
});
/** A broker: its node.id and its advertised address. */
export type KafkaBroker = z.output<typeof kafkaBrokerSchema>;

/** The form of a stack's token. `pulumi up` creates 192 random bits, in hexadecimal digits. */
export const TOKEN = /^[\w-]{24,200}$/;

/** The files in which tasks of the bench image find the secrets of the swarm. */
export const SECRET_FILES = {
  /** The stack's token, which agents and probes require. */
  token: "/run/secrets/swarmbench_token",
  /** The password of Kafka's user, if the brokers require one. */
  kafkaPassword: "/run/secrets/kafka_password",
} as const;

/** The names of Kafka's security protocols. */
export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
/** The SASL mechanisms that every client supports. */
export const SASL_MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

const publicSecurityShape = z.strictObject({
  /** Security protocol, by Kafka's name. */
  protocol: z.enum(SECURITY_PROTOCOLS),
  mechanism: z.enum(SASL_MECHANISMS).optional(),
  username: z.string().min(1).optional(),
  /** Certificates of the authorities that sign the brokers' certificates, PEM. Required for SSL. */
  ca: z.string().includes("BEGIN CERTIFICATE").optional(),
  /** Instead of `ca`: trust the authorities that Node.js itself trusts. */
  publicCa: z.literal(true).optional(),
  /** Whether a broker's certificate may be for another host name. Absent: it may not. */
  anyHostName: z.literal(true).optional(),
});

/** The certificate by which brokers know a client, and its key: PEM. */
const certificateSchema = z.strictObject({
  chain: z.string().includes("BEGIN CERTIFICATE"),
  key: z.string().includes("PRIVATE KEY"),
  /** Password of the key. Absent: it is not encrypted. */
  keyPassword: z.string().optional(),
});

/** What brokers ask of a client to know who it is. */
export interface KafkaSecrets {
  password?: string | undefined;
  certificate?: z.output<typeof certificateSchema> | undefined;
}

const kafkaSecuritySchema = publicSecurityShape
  .extend({ password: z.string().min(1).optional(), certificate: certificateSchema.optional() })
  .superRefine((security, context) =>
    reportMissing(security, ["mechanism", "username", "password"], context),
  );

function reportMissing<Key extends "mechanism" | "username" | "password">(
  security: { protocol: string; ca?: string | undefined; publicCa?: true | undefined } & {
    [K in Key]?: string | undefined;
  },
  userFields: readonly Key[],
  context: z.RefinementCtx,
): void {
  const required: ("ca" | Key)[] = [
    ...(security.protocol.startsWith("SASL_") ? userFields : []),
    ...(security.protocol.endsWith("SSL") && !security.publicCa ? (["ca"] as const) : []),
  ];
  for (const key of required.filter((name) => security[name] === undefined)) {
    context.addIssue({ code: "custom", path: [key], message: `is required for ${security.protocol}` });
  }
}

/** A proxy route: from the address of a broker, such as "broker-1:9092", to the address of the proxy in front of it. */
export const proxyRouteSchema = z.record(address, address);
/** A proxy route: {@link proxyRouteSchema}. */
export type ProxyRoute = z.output<typeof proxyRouteSchema>;

/** A Kafka cluster, and how a client on the overlay network connects to it. */
export const kafkaTargetSchema = z.strictObject({
  bootstrap: z.array(address).min(1),
  brokers: z.array(kafkaBrokerSchema).min(1),
  security: kafkaSecuritySchema,
  /** Kafka tells its clients the addresses of the brokers; a client that connects through proxies needs this route as well. */
  proxyRoute: proxyRouteSchema.optional(),
});
/** A Kafka cluster: {@link kafkaTargetSchema}. */
export type KafkaTarget = z.output<typeof kafkaTargetSchema>;

/** A Kafka cluster without the secrets. Agents read the password from a file ({@link SECRET_FILES}). */
export const openKafkaTargetSchema = kafkaTargetSchema.extend({
  security: publicSecurityShape.superRefine((security, context) =>
    reportMissing(security, ["mechanism", "username"], context),
  ),
});
/** A Kafka cluster without the secrets: {@link openKafkaTargetSchema}. */
export type OpenKafkaTarget = z.output<typeof openKafkaTargetSchema>;

/** Removes the secrets from a target. */
export function withoutSecrets({ security, ...target }: KafkaTarget): OpenKafkaTarget {
  const { password: _, certificate: __, ...open } = security;
  return { ...target, security: open };
}

/** A bucket of InfluxDB, and a token with the permissions that the receiver of this target needs. */
export const influxTargetSchema = z.strictObject({
  url: z.url(),
  /**
   * The certificate of the authority that signed InfluxDB's own, PEM. Absent: the URL is http, or the authority is one that
   * Node.js trusts.
   */
  ca: z.string().includes("BEGIN CERTIFICATE").optional(),
  org: z.string().min(1),
  bucket: z.string().min(1),
  token: z.string().min(1),
});
/** A bucket of InfluxDB: {@link influxTargetSchema}. */
export type InfluxTarget = z.output<typeof influxTargetSchema>;

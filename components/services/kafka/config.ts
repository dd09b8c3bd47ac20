import { defaultsFor } from "../../../config/kafka/defaults.ts";
import { KAFKA_PORTS } from "../../../config/kafka/ports.ts";
import { environmentName } from "../../../config/kafka/properties.ts";
import type { ClusterPlan, Member } from "../../../config/kafka/topology.ts";
import type { SecurityProtocol } from "../../../config/services/index.ts";
import { propertyText } from "../../../contract/kafkaProperty.ts";
import type { MemberAddress } from "./addresses.ts";

/** Mount point of a member's volume. */
export const DATA_DIRECTORY = "/var/lib/kafka/data";
/** The member's private key (PKCS#8, not encrypted) and its certificate chain, PEM. */
export const KEY_FILE = "/run/secrets/kafka-key.pem";
/** The certificate of the authority that signed every member's certificate, PEM. */
export const CA_FILE = "/run/secrets/kafka-ca.pem";

const SASL_MECHANISM = "SCRAM-SHA-512";
const JOLOKIA = "/opt/jolokia/jolokia.jar";
const JOLOKIA_POLICY = "/opt/jolokia/policy.xml";

/** The settings that a member's environment is rendered from. */
export interface BrokerSettings {
  security: SecurityProtocol;
  /** Server properties from the stack's configuration. They override the defaults. */
  config: Record<string, unknown>;
  heapMiB: number;
  jvmOptions: string[];
  /** Port of the node for clients outside the swarm; undefined if there is none. */
  externalPort?: number;
}

/** Kafka properties by name; undefined ones are not set. */
type Properties = Record<string, string | undefined>;

/** A member and the cluster that it belongs to. */
interface ClusterMember {
  member: Member;
  plan: ClusterPlan;
  /** The same for all members of a cluster; a recreated cluster gets a new one. */
  clusterId: string;
  /** Returns where a member listens, and its host for the others. */
  addressOf: (member: Member) => MemberAddress;
}

/**
 * Renders a member's environment for Kafka's official image, sorted by name.
 *
 * Clients have a listener of their own, so that their authentication does not affect how brokers talk to each other:
 * in plain text if clients do, otherwise over TLS with certificates on both ends.
 */
export function renderBroker(clusterMember: ClusterMember, settings: BrokerSettings): Record<string, string> {
  const properties: Record<string, unknown> = {
    ...defaultsFor(brokerCount(clusterMember.plan)),
    ...settings.config,
    ...identity(clusterMember),
    ...listeners(clusterMember, settings),
    ...security(clusterMember.member, settings),
  };
  const environment: Record<string, string> = {
    CLUSTER_ID: clusterMember.clusterId,
    KAFKA_HEAP_OPTS: `-Xms${settings.heapMiB}m -Xmx${settings.heapMiB}m`,
    KAFKA_OPTS: [metricsAgent(clusterMember), ...jvmOptions(settings.jvmOptions)].join(" "),
  };
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    // The image writes the value into a properties file, where a backslash starts an escape sequence.
    environment[environmentName(name)] = propertyText(value).replaceAll("\\", "\\\\");
  }
  return Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The image enables G1 before these options, and a JVM with two garbage collectors enabled does not start. */
function jvmOptions(options: string[]): string[] {
  const otherCollector = options.some((option) => /^-XX:\+Use(?!G1GC$)[A-Z][a-z]*GC$/.test(option));
  return otherCollector ? ["-XX:-UseG1GC", ...options] : options;
}

function brokerCount({ members }: ClusterPlan): number {
  return members.filter(({ roles }) => roles.includes("broker")).length;
}

function identity({ member, plan, addressOf }: ClusterMember): Record<string, string | number> {
  return {
    "node.id": member.id,
    "process.roles": member.roles.join(","),
    "controller.quorum.voters": plan.voters
      .map((voter) => `${voter.id}@${addressOf(voter).host}:${KAFKA_PORTS.controller}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    "log.dirs": DATA_DIRECTORY,
  };
}

function listeners({ member, addressOf }: ClusterMember, settings: BrokerSettings): Properties {
  const inner = settings.security === "PLAINTEXT" ? "PLAINTEXT" : "SSL";
  const isBroker = member.roles.includes("broker");
  const { host, bind, isOnHost } = addressOf(member);
  // On the node's own network, Swarm publishes no port: the broker itself listens on it.
  const external = isOnHost ? settings.externalPort : KAFKA_PORTS.external;
  const advertised = [
    `CLIENT://${host}:${KAFKA_PORTS.client}`,
    `INTERNAL://${host}:${KAFKA_PORTS.internal}`,
    ...(settings.externalPort ? [`EXTERNAL://${member.node.address}:${settings.externalPort}`] : []),
  ];
  const bound = [
    ...(isBroker
      ? [`CLIENT://${bind}:${KAFKA_PORTS.client}`, `INTERNAL://${bind}:${KAFKA_PORTS.internal}`]
      : []),
    ...(isBroker && settings.externalPort ? [`EXTERNAL://${bind}:${external}`] : []),
    ...(member.roles.includes("controller") ? [`CONTROLLER://${bind}:${KAFKA_PORTS.controller}`] : []),
  ];
  return {
    listeners: bound.join(","),
    // Kafka rejects both on a dedicated controller.
    "advertised.listeners": isBroker ? advertised.join(",") : undefined,
    "inter.broker.listener.name": isBroker ? "INTERNAL" : undefined,
    "listener.security.protocol.map": [
      `CLIENT:${settings.security}`,
      `EXTERNAL:${settings.security}`,
      `INTERNAL:${inner}`,
      `CONTROLLER:${inner}`,
    ].join(","),
  };
}

function security(member: Member, settings: BrokerSettings): Properties {
  if (settings.security === "PLAINTEXT") return {};
  const clientListeners = ["client", ...(settings.externalPort ? ["external"] : [])];
  const hasSasl = settings.security.startsWith("SASL_") && member.roles.includes("broker");
  return {
    ...pemStores(),
    "ssl.client.auth": "required",
    ...Object.fromEntries(clientListeners.map((name) => [`listener.name.${name}.ssl.client.auth`, "none"])),
    "sasl.enabled.mechanisms": hasSasl ? SASL_MECHANISM : undefined,
    ...Object.fromEntries(
      (hasSasl ? clientListeners : []).map((name) => [
        `listener.name.${name}.${SASL_MECHANISM.toLowerCase()}.sasl.jaas.config`,
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
      ]),
    ),
  };
}

function pemStores(): Record<string, string> {
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": KEY_FILE,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": CA_FILE,
  };
}

/**
 * The properties file with which Kafka's own tools connect to the `INTERNAL` listener from inside a member's container.
 * It contains no secret. Empty if the listener is in plain text.
 */
export function internalClientProperties(security: SecurityProtocol): string {
  if (security === "PLAINTEXT") return "";
  return Object.entries({ "security.protocol": "SSL", ...pemStores() })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Serves metrics over HTTP. Its policy is read-only. */
function metricsAgent({ member, addressOf }: ClusterMember): string {
  const { bind, jolokiaPort } = addressOf(member);
  return `-javaagent:${JOLOKIA}=port=${jolokiaPort},host=${bind || "0.0.0.0"},discoveryEnabled=false,policyLocation=file:${JOLOKIA_POLICY}`;
}

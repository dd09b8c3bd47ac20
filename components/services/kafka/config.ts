import { defaultsFor } from "../../../config/kafka/defaults.ts";
import { environmentName, propertyText } from "../../../config/kafka/properties.ts";
import type { ClusterPlan, Member } from "../../../config/kafka/topology.ts";
import type { SecurityProtocol } from "../../../config/services/index.ts";

/** Ports of a member, on the overlay. */
export const PORTS = {
  client: 9092,
  controller: 9093,
  internal: 9094,
  external: 9095,
  jolokia: 8778,
} as const;

export const DATA_DIRECTORY = "/var/lib/kafka/data";
/** The member's private key (PKCS#8, not encrypted) and its certificate chain, PEM. */
export const KEY_FILE = "/run/secrets/kafka-key.pem";
/** The certificates of the authority that every member's certificate is from, PEM. */
export const CA_FILE = "/run/secrets/kafka-ca.pem";

const SASL_MECHANISM = "SCRAM-SHA-512";
const JOLOKIA = "/opt/jolokia/jolokia.jar";
const JOLOKIA_POLICY = "/opt/jolokia/policy.xml";

export interface BrokerSettings {
  security: SecurityProtocol;
  /** Server properties that the user wants; they win over our defaults. */
  config: Record<string, unknown>;
  heapMiB: number;
  jvmOptions: string[];
  /** Port of the node for clients outside the swarm; none where absent. */
  externalPort?: number;
}

/** What a member is, and of which cluster. */
interface Placed {
  member: Member;
  plan: ClusterPlan;
  /** One for all members of a cluster, and another one for a cluster that is made anew. */
  clusterId: string;
  /** The name by which a member is reached on the overlay network. */
  hostOf: (member: Member) => string;
}

/**
 * A member's environment, by the contract of the maker's image, in one order always.
 *
 * Clients have a listener of their own, so that what they are asked for never changes how brokers speak among
 * themselves: in plain text where clients do, else over TLS with a certificate of each end.
 */
export function renderBroker(placed: Placed, settings: BrokerSettings): Record<string, string> {
  const properties: Record<string, unknown> = {
    ...defaultsFor(brokerCount(placed.plan)),
    ...settings.config,
    ...identity(placed),
    ...listeners(placed, settings),
    ...security(placed.member, settings),
  };
  const environment: Record<string, string> = {
    CLUSTER_ID: placed.clusterId,
    KAFKA_HEAP_OPTS: `-Xms${settings.heapMiB}m -Xmx${settings.heapMiB}m`,
    KAFKA_OPTS: [metricsAgent(), ...jvmOptions(settings.jvmOptions)].join(" "),
  };
  for (const [name, value] of Object.entries(properties)) {
    // The image writes the value into a properties file, where a backslash begins an escape.
    environment[environmentName(name)] = propertyText(value).replaceAll("\\", "\\\\");
  }
  return Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The image chooses G1 itself, ahead of these, and a JVM with two collectors chosen does not start. */
function jvmOptions(wanted: string[]): string[] {
  const choosesOther = wanted.some((option) => /^-XX:\+Use(?!G1GC$)[A-Z][a-z]*GC$/.test(option));
  return choosesOther ? ["-XX:-UseG1GC", ...wanted] : wanted;
}

function brokerCount({ members }: ClusterPlan): number {
  return members.filter(({ roles }) => roles.includes("broker")).length;
}

function identity({ member, plan, hostOf }: Placed): Record<string, string | number> {
  return {
    "node.id": member.id,
    "process.roles": member.roles.join(","),
    "controller.quorum.voters": plan.voters
      .map((voter) => `${voter.id}@${hostOf(voter)}:${PORTS.controller}`)
      .join(","),
    "controller.listener.names": "CONTROLLER",
    "log.dirs": DATA_DIRECTORY,
  };
}

function listeners({ member, hostOf }: Placed, settings: BrokerSettings): Record<string, string> {
  const inner = settings.security === "PLAINTEXT" ? "PLAINTEXT" : "SSL";
  const isBroker = member.roles.includes("broker");
  const host = hostOf(member);
  const advertised = [
    `CLIENT://${host}:${PORTS.client}`,
    `INTERNAL://${host}:${PORTS.internal}`,
    ...(settings.externalPort ? [`EXTERNAL://${member.node.address}:${settings.externalPort}`] : []),
  ];
  const bound = [
    ...(isBroker ? [`CLIENT://:${PORTS.client}`, `INTERNAL://:${PORTS.internal}`] : []),
    ...(isBroker && settings.externalPort ? [`EXTERNAL://:${PORTS.external}`] : []),
    ...(member.roles.includes("controller") ? [`CONTROLLER://:${PORTS.controller}`] : []),
  ];
  return {
    listeners: bound.join(","),
    // A controller alone refuses them.
    ...(isBroker
      ? { "advertised.listeners": advertised.join(","), "inter.broker.listener.name": "INTERNAL" }
      : {}),
    "listener.security.protocol.map": [
      `CLIENT:${settings.security}`,
      `EXTERNAL:${settings.security}`,
      `INTERNAL:${inner}`,
      `CONTROLLER:${inner}`,
    ].join(","),
  };
}

function security(member: Member, settings: BrokerSettings): Record<string, string> {
  if (settings.security === "PLAINTEXT") return {};
  const clientListeners = ["client", ...(settings.externalPort ? ["external"] : [])];
  const hasSasl = settings.security.startsWith("SASL_") && member.roles.includes("broker");
  return {
    ...pemStores(),
    "ssl.client.auth": "required",
    ...Object.fromEntries(clientListeners.map((name) => [`listener.name.${name}.ssl.client.auth`, "none"])),
    ...(hasSasl ? { "sasl.enabled.mechanisms": SASL_MECHANISM } : {}),
    ...(hasSasl
      ? Object.fromEntries(
          clientListeners.map((name) => [
            `listener.name.${name}.${SASL_MECHANISM.toLowerCase()}.sasl.jaas.config`,
            "org.apache.kafka.common.security.scram.ScramLoginModule required;",
          ]),
        )
      : {}),
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
 * What Kafka's own tools need to speak to `INTERNAL` from within a member's container: a properties file without a
 * secret in it. Empty where the listener is in plain text.
 */
export function internalClientProperties(security: SecurityProtocol): string {
  if (security === "PLAINTEXT") return "";
  return Object.entries({ "security.protocol": "SSL", ...pemStores() })
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Metrics over HTTP on the overlay; its policy lets nobody change anything. */
function metricsAgent(): string {
  return `-javaagent:${JOLOKIA}=port=${PORTS.jolokia},host=0.0.0.0,discoveryEnabled=false,policyLocation=file:${JOLOKIA_POLICY}`;
}

// The clients that a run can use, each declared once: what it can do, and what it needs. The adapters are in bench/clients/.

/** Codecs that Kafka's message format has and agents can use. Node has zstd from version 22.15 on only. */
export const COMPRESSION_CODECS = ["none", "gzip", "snappy", "lz4"] as const;
export type CompressionCodec = (typeof COMPRESSION_CODECS)[number];

export interface ClientDescriptor {
  /** One sentence for the documentation. */
  description: string;
  /** false: messages are dropped at once, so that the generator alone is measured. */
  reachesBroker: boolean;
  compression: readonly CompressionCodec[];
  idempotence: boolean;
  /** Whether its connections can be led through a proxy, as a calibration does. */
  proxyRoute: boolean;
  /** Whether a consumer can take the messages of some of its partitions only, as timing a task's own messages needs. */
  partitionSubset: boolean;
  /** The oldest version of each major version of Node.js that it runs on, as in its package.json; newer majors work too. */
  node: readonly string[];
}

export const CLIENTS = {
  kafkajs: {
    description: "The most used Kafka client for Node.js, written in JavaScript",
    reachesBroker: true,
    compression: ["none", "gzip"],
    idempotence: true,
    proxyRoute: true,
    partitionSubset: true,
    node: ["14.0.0"],
  },
  platformatic: {
    description: "The client @platformatic/kafka, written in TypeScript",
    reachesBroker: true,
    compression: COMPRESSION_CODECS,
    idempotence: true,
    // It connects where Kafka's metadata says, and has no setting for another address.
    proxyRoute: false,
    partitionSubset: false,
    node: ["22.22.0", "24.6.0"],
  },
  null: {
    description:
      "No client: a message counts as sent at once and reaches no broker, which measures the generator alone",
    reachesBroker: false,
    compression: COMPRESSION_CODECS,
    idempotence: true,
    proxyRoute: true,
    partitionSubset: false,
    node: ["14.0.0"],
  },
} as const satisfies Record<string, ClientDescriptor>;

export type Client = keyof typeof CLIENTS;
export const CLIENT_NAMES = Object.keys(CLIENTS) as readonly Client[];
/** No client: see its descriptor. */
export const NO_BROKER = "null" satisfies Client;
/** The clients that reach a broker. */
export const KAFKA_CLIENTS = CLIENT_NAMES.filter((name) => CLIENTS[name].reachesBroker);

/** The descriptor of a client, as one type for all of them. */
export function clientOf(name: Client): ClientDescriptor {
  return CLIENTS[name];
}

/** What a client would be asked to do. */
export interface ClientUse {
  compression?: CompressionCodec;
  idempotent?: boolean;
  /** Whether its connections go through a proxy. */
  proxied?: boolean;
}

export interface ClientError {
  /** The workload's option that does not fit. */
  option: "client" | "compression" | "idempotent";
  message: string;
}

/** What of a use a client is not capable of, and which client is; empty where it fits. */
export function clientErrors(name: Client, { compression, idempotent, proxied }: ClientUse): ClientError[] {
  const client = clientOf(name);
  const errors: ClientError[] = [];
  if (compression !== undefined && !client.compression.includes(compression)) {
    const others = insteadOf((other) => other.compression.includes(compression));
    errors.push({
      option: "compression",
      message: `${name} has ${client.compression.join(" and ")}; for ${compression} set ${others}`,
    });
  }
  if (idempotent && !client.idempotence) {
    const others = insteadOf((other) => other.idempotence);
    errors.push({ option: "idempotent", message: `${name} has no idempotent producer; set ${others}` });
  }
  if (proxied && !client.proxyRoute) {
    const others = insteadOf((other) => other.proxyRoute);
    errors.push({ option: "client", message: `client ${name} cannot go by a proxy route: set ${others}` });
  }
  return errors;
}

function insteadOf(can: (client: ClientDescriptor) => boolean): string {
  return `client: ${KAFKA_CLIENTS.filter((name) => can(CLIENTS[name])).join(" or ")}`;
}

/**
 * Why a client does not run on a version of Node.js; undefined where it does.
 *
 * @param version such as "20.12.2"; default: that of this process
 */
export function nodeError(name: Client, version = process.versions.node): string | undefined {
  const { node } = clientOf(name);
  const major = majorOf(version);
  const least = node.find((each) => majorOf(each) === major);
  const newest = node.at(-1) ?? version;
  const works = least === undefined ? major > majorOf(newest) : compareVersions(version, least) >= 0;
  if (works) return undefined;
  return `client ${name} needs Node.js ${node.join(", ")} or newer, and this is ${version}; use a newer Node.js, or another client`;
}

const partsOf = (version: string) => version.split(".").map(Number);
const majorOf = (version: string) => partsOf(version)[0] ?? 0;

function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing < 0 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
}

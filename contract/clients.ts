// The Kafka clients that a run can use. Each is declared once; its adapter is in bench/clients/.

/** Compression codecs of Kafka's message format that agents support. zstd is left out: Node.js has it only since 22.15. */
export const COMPRESSION_CODECS = ["none", "gzip", "snappy", "lz4"] as const;
/** One of {@link COMPRESSION_CODECS}. */
export type CompressionCodec = (typeof COMPRESSION_CODECS)[number];

/** The capabilities and requirements of a client. */
export interface ClientDescriptor {
  /** One sentence for the documentation. */
  description: string;
  /** Whether it sends messages to Kafka. false: it drops them at once, which measures the load generator alone. */
  reachesBroker: boolean;
  /** Codecs that its producer supports. */
  compression: readonly CompressionCodec[];
  /** Whether it has an idempotent producer. */
  idempotence: boolean;
  /** What its idempotent producer does wrong if a broker fails. Absent: nothing is known. */
  idempotenceError?: string;
  /** Whether its connections can go through a proxy, which calibrations need. */
  proxyRoute: boolean;
  /** Whether a consumer can read only some of its partitions, which is needed to time a task's own messages. */
  partitionSubset: boolean;
  /** The oldest supported release of each major version of Node.js, from its package.json; newer majors work too. */
  node: readonly string[];
}

/** Every client with its descriptor, by the name that `workload.client` takes. */
export const CLIENTS = {
  kafkajs: {
    description: "The most used Kafka client for Node.js, written in JavaScript",
    reachesBroker: true,
    compression: ["none", "gzip"],
    idempotence: true,
    idempotenceError:
      "it may lose a message that was acknowledged, and repeat another one, if the answer of a broker is lost",
    proxyRoute: true,
    partitionSubset: true,
    node: ["14.0.0"],
  },
  platformatic: {
    description: "The client @platformatic/kafka, written in TypeScript",
    reachesBroker: true,
    compression: COMPRESSION_CODECS,
    idempotence: true,
    // It connects to the addresses in Kafka's metadata and has no setting for another one.
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

/** Name of a client. */
export type Client = keyof typeof CLIENTS;
/** The names of all clients. */
export const CLIENT_NAMES = Object.keys(CLIENTS) as readonly Client[];
/**
 * The client of a workload that names none: of the two, it costs less CPU time a message and adds less latency, as
 * `swarmbench figures clients` measures (docs/performance.md).
 */
export const DEFAULT_CLIENT: Client = "platformatic";
/** The client that reaches no broker. */
export const NO_BROKER = "null" satisfies Client;
/** The names of the clients that reach a broker. */
export const KAFKA_CLIENTS = CLIENT_NAMES.filter((name) => CLIENTS[name].reachesBroker);

/** The descriptor of a client, typed the same for all clients. */
export function clientOf(name: Client): ClientDescriptor {
  return CLIENTS[name];
}

/** The capabilities that a workload needs of its client. */
export interface ClientUse {
  compression?: CompressionCodec;
  idempotent?: boolean;
  /** Whether its connections go through a proxy. */
  proxied?: boolean;
}

/** A capability that a workload needs and its client does not have. */
export interface ClientError {
  /** The option of the workload that causes it. */
  option: "client" | "compression" | "idempotent";
  message: string;
}

/** One error for each capability that a client lacks, with the clients that have it; empty if it has all of them. */
export function clientErrors(name: Client, { compression, idempotent, proxied }: ClientUse): ClientError[] {
  const client = clientOf(name);
  const errors: ClientError[] = [];
  if (compression !== undefined && !client.compression.includes(compression)) {
    const alternatives = clientsWith((other) => other.compression.includes(compression));
    errors.push({
      option: "compression",
      message: `${name} has ${client.compression.join(" and ")}; for ${compression} set ${alternatives}`,
    });
  }
  if (idempotent && !client.idempotence) {
    const alternatives = clientsWith((other) => other.idempotence);
    errors.push({ option: "idempotent", message: `${name} has no idempotent producer; set ${alternatives}` });
  }
  if (proxied && !client.proxyRoute) {
    const alternatives = clientsWith((other) => other.proxyRoute);
    errors.push({
      option: "client",
      message: `client ${name} cannot connect through a proxy; set ${alternatives}`,
    });
  }
  return errors;
}

function clientsWith(capability: (client: ClientDescriptor) => boolean): string {
  return `client: ${KAFKA_CLIENTS.filter((name) => capability(CLIENTS[name])).join(" or ")}`;
}

/**
 * Why a client does not run on a version of Node.js; undefined if it does.
 *
 * @param version such as "20.12.2". Default: the version of this process
 */
export function nodeError(name: Client, version = process.versions.node): string | undefined {
  const { node } = clientOf(name);
  const major = majorOf(version);
  const oldest = node.find((release) => majorOf(release) === major);
  const newest = node.at(-1) ?? version;
  const works = oldest === undefined ? major > majorOf(newest) : compareVersions(version, oldest) >= 0;
  if (works) return undefined;
  return `client ${name} needs Node.js ${node.join(", ")} or newer, but this is ${version}; use a newer Node.js or another client`;
}

const numbersOf = (version: string) => version.split(".").map(Number);
const majorOf = (version: string) => numbersOf(version)[0] ?? 0;

function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const index = left.findIndex((number, each) => number !== right[each]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

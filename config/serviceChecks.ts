import { defaultsFor } from "../components/services/kafka/config.ts";
import { SWARM_PORTS } from "../lib/addresses.ts";
import { checkProperties } from "./kafka/properties.ts";
import { type Place, placementMistake } from "./kafka/topology.ts";
import type { ParsedParts } from "./services.ts";

type Kafka = ParsedParts["kafka"];

/** What a JVM takes beside its heap: code, classes, threads, buffers. A limit below it is a task that is killed. */
const MEMORY_PER_HEAP = 1.3;

/** How many replicas of a partition there are, and how many of them must be in sync for it to be written to. */
const REPLICATION: [replicas: string, inSync?: string][] = [
  ["default.replication.factor", "min.insync.replicas"],
  ["offsets.topic.replication.factor"],
  ["transaction.state.log.replication.factor", "transaction.state.log.min.isr"],
  ["share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"],
];

/**
 * What is wrong with the parts beyond the form of each setting, one sentence each.
 *
 * @param registryPort where the swarm's registry listens; undefined where that is a mistake itself
 */
export function partMistakes(
  parsed: Partial<ParsedParts>,
  nodes: Place[],
  registryPort: number | undefined,
): string[] {
  const { kafka } = parsed;
  const kafkas = kafka?.enabled ? kafkaMistakes(kafka, nodes, registryPort) : [];
  return [...kafkas, ...missingInfluxdb(parsed)].map((mistake) => `swarmbench:${mistake}`);
}

function kafkaMistakes(kafka: Kafka, nodes: Place[], registryPort: number | undefined): string[] {
  const placement = nodes.length > 0 ? placementMistake({ brokers: kafka.brokers, nodes }) : undefined;
  return [
    ...checkProperties(kafka.config).map((mistake) => `kafka.config.${mistake}`),
    ...replicationMistakes(kafka),
    ...[placement, heapMistake(kafka), portMistake(kafka, registryPort)].filter(
      (mistake) => mistake !== undefined,
    ),
  ];
}

function heapMistake({ heap, memory }: Kafka): string | undefined {
  const needed = Math.ceil(heap * MEMORY_PER_HEAP);
  if (memory === undefined || memory >= needed) return undefined;
  return `kafka.memory: a broker with a heap of ${heap} MiB needs ${needed} MiB, got ${memory}; raise it, or lower kafka.heap`;
}

function portMistake({ externalPort }: Kafka, registryPort: number | undefined): string | undefined {
  if (externalPort === undefined) return undefined;
  const another = "choose another port for kafka.externalPort";
  if (externalPort === registryPort) {
    return `kafka.externalPort: the registry listens on ${externalPort}; ${another} or for swarm.registryPort`;
  }
  if (!SWARM_PORTS.includes(externalPort)) return undefined;
  return `kafka.externalPort: the swarm itself listens on ${externalPort}; ${another}`;
}

function replicationMistakes({ brokers, config }: Kafka): string[] {
  const all = { ...defaultsFor(brokers), ...config };
  return REPLICATION.flatMap(([replicasName, inSyncName]) => {
    const replicas = Number(all[replicasName]);
    if (replicas > brokers) {
      return `kafka.config.${replicasName}: ${replicas} replicas need as many brokers, and kafka.brokers is ${brokers}; lower it, or raise that`;
    }
    if (!inSyncName || !(Number(all[inSyncName]) > replicas)) return [];
    const given = inSyncName in config ? inSyncName : replicasName;
    return `kafka.config.${given}: with ${inSyncName} ${all[inSyncName]} and ${replicasName} ${replicas} nothing could be written; lower the one, or raise the other`;
  });
}

function missingInfluxdb({ influxdb, telegraf, grafana }: Partial<ParsedParts>): string[] {
  if (influxdb?.enabled !== false) return [];
  return Object.entries({ telegraf, grafana })
    .filter(([, part]) => part && part.enabled !== false)
    .map(
      ([name]) => `${name}.enabled: ${name} needs InfluxDB, which swarmbench:influxdb.enabled switches off`,
    );
}

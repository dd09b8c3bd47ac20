// Checks of Kafka's options that involve several options.
import { STACK_PORTS } from "../ports.ts";
import { defaultsFor } from "./defaults.ts";
import { jvmOptionErrors } from "./jvmOptions.ts";
import { checkProperties } from "./properties.ts";
import { type PlacementNode, placementError } from "./topology.ts";

/** The options of Kafka that are checked here. Sizes in MiB. */
interface Kafka {
  brokers: number;
  heap: number;
  memory?: number;
  externalPort?: number;
  jvmOptions: readonly string[];
  externalAccess: "authenticated" | "anyone";
  security: string;
  config: Record<string, unknown>;
}

/** A JVM also needs memory for code, classes, threads and buffers. With a lower limit, the task is killed. */
const MEMORY_PER_HEAP = 1.3;

/** Properties of the number of replicas, with the property of the number that must be in sync for writes. */
const REPLICATION: [replicas: string, inSync?: string][] = [
  ["default.replication.factor", "min.insync.replicas"],
  ["offsets.topic.replication.factor"],
  ["transaction.state.log.replication.factor", "transaction.state.log.min.isr"],
  ["share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"],
];

/**
 * Returns errors of Kafka's options that involve other settings, as lines of `path: what is wrong`.
 *
 * If `nodes` is empty, the placement of the brokers is not checked.
 */
export function kafkaErrors(
  kafka: Kafka,
  { nodes, registryPort }: { nodes: readonly PlacementNode[]; registryPort?: number },
): string[] {
  const placement = nodes.length > 0 ? placementError({ brokers: kafka.brokers, nodes }) : undefined;
  return [
    ...checkProperties(kafka.config).map((error) => `kafka.config.${error}`),
    ...jvmOptionErrors(kafka.jvmOptions).map((error) => `kafka.jvmOptions.${error}`),
    ...replicationErrors(kafka),
    ...[placement, heapError(kafka), portError(kafka, registryPort) ?? accessError(kafka)].filter(
      (error) => error !== undefined,
    ),
  ];
}

function heapError({ heap, memory }: Kafka): string | undefined {
  const needed = Math.ceil(heap * MEMORY_PER_HEAP);
  if (memory === undefined || memory >= needed) return undefined;
  return `kafka.memory: a broker with a heap of ${heap} MiB needs at least ${needed} MiB, got ${memory}; raise it, or lower kafka.heap`;
}

function portError({ externalPort }: Kafka, registryPort: number | undefined): string | undefined {
  if (externalPort === undefined) return undefined;
  const hint = "choose another port for kafka.externalPort";
  if (externalPort === registryPort) {
    return `kafka.externalPort: the registry uses port ${externalPort}; ${hint} or for swarm.registryPort`;
  }
  const user = STACK_PORTS.get(externalPort);
  return user && `kafka.externalPort: ${user} uses port ${externalPort}; ${hint}`;
}

function accessError({ externalPort, externalAccess, security }: Kafka): string | undefined {
  if (externalPort === undefined || externalAccess === "anyone" || security.startsWith("SASL_"))
    return undefined;
  return (
    `kafka.externalPort: with kafka.security ${security} anyone who reaches port ${externalPort} of a node could read, ` +
    "write and delete all topics; set kafka.security to SASL_SSL, or kafka.externalAccess to anyone"
  );
}

function replicationErrors({ brokers, config }: Kafka): string[] {
  const all = { ...defaultsFor(brokers), ...config };
  return REPLICATION.flatMap(([replicasName, inSyncName]) => {
    const replicas = Number(all[replicasName]);
    if (replicas > brokers) {
      return `kafka.config.${replicasName}: ${replicas} replicas need ${replicas} brokers, but kafka.brokers is ${brokers}; lower it, or raise kafka.brokers`;
    }
    if (!inSyncName || !(Number(all[inSyncName]) > replicas)) return [];
    const configured = inSyncName in config ? inSyncName : replicasName;
    return `kafka.config.${configured}: no record could be written, because ${inSyncName} (${all[inSyncName]}) is above ${replicasName} (${replicas}); lower the first, or raise the second`;
  });
}

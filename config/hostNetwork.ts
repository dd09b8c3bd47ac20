// Checks of `swarm.network: host`, with which the ports of brokers and agents are ports of their nodes.
import { HOST_AGENT_PORTS, hostAgentPort } from "../contract/hostAgents.ts";
import type { BenchSettings } from "./benchmark.ts";
import { KAFKA_PORTS } from "./kafka/ports.ts";
import type { ParsedSettings } from "./schema.ts";

/** The ports of nodes that members of Kafka use with `swarm.network: host`. */
const KAFKA_ON_HOST: readonly number[] = [
  KAFKA_PORTS.client,
  KAFKA_PORTS.controller,
  KAFKA_PORTS.internal,
  KAFKA_PORTS.jolokia,
  KAFKA_PORTS.controllerJolokia,
];

/** The ports that the nodes need of each other with `swarm.network: host`, such as `9092/tcp`: those of Kafka and of every agent. */
export function portsOnHost({
  producers,
  consumers,
}: Pick<BenchSettings, "producers" | "consumers">): string[] {
  const tasks = { producer: producers.tasks, consumer: consumers.tasks };
  const agents = (["producer", "consumer"] as const).flatMap((role) =>
    Array.from({ length: tasks[role] }, (_, index) => hostAgentPort(role, index + 1)),
  );
  return [
    ...KAFKA_ON_HOST.map((port) => `${port}/tcp`),
    ...agents.flatMap((port) => [`${port}/tcp`, `${port}/udp`]),
  ];
}

/** Returns the errors of `swarm.network: host`, as lines of `path: what is wrong`. Empty with `overlay`, or without Kafka. */
export function hostNetworkErrors({ swarm, kafka }: Partial<ParsedSettings>): string[] {
  if (swarm?.network !== "host" || !kafka?.enabled) return [];
  const ports = {
    "swarm.registryPort": swarm.registryPort,
    "swarm.dataPathPort": swarm.dataPathPort,
    "kafka.externalPort": kafka.externalPort,
  };
  return [...accessErrors(kafka), ...Object.entries(ports).flatMap(portErrors)].map(
    (error) => `swarmbench:${error}`,
  );
}

function accessErrors({ security, externalAccess }: ParsedSettings["kafka"]): string[] {
  if (externalAccess === "anyone" || security.startsWith("SASL_")) return [];
  return [
    `swarm.network: with host and kafka.security ${security} anyone who reaches a broker's node could read, write and delete all ` +
      "topics; set kafka.security to SASL_SSL, or kafka.externalAccess to anyone",
  ];
}

function portErrors([path, port]: [string, number | undefined]): string[] {
  const user = port === undefined ? undefined : userOf(port);
  return user === undefined
    ? []
    : [`${path}: with swarm.network host, ${user} port ${port} of the nodes; choose another`];
}

function userOf(port: number): string | undefined {
  if (KAFKA_ON_HOST.includes(port)) return "Kafka uses";
  return port >= HOST_AGENT_PORTS.first && port <= HOST_AGENT_PORTS.last ? "agents use" : undefined;
}

import { Kafka, logLevel } from "kafkajs";
import type { TestProject } from "./project.ts";

export interface KafkaOutputs {
  kafkaExternal: string[];
  /** null without InfluxDB. */
  influxdb: { url: string; ca: string; token: string } | null;
  kafka: { security: { username: string; password: string; ca: string } };
}

/** Three brokers behind TLS and passwords. */
export const SECURE_CLUSTER = {
  nodes: "3",
  namespace: "e2e",
  "testbed.kind": "local",
  "testbed.perNode.node1.role": "broker",
  "testbed.perNode.node3.role": "broker",
  "kafka.enabled": "true",
  "kafka.brokers": "3",
  "kafka.heap": "256 MiB",
  "kafka.security": "SASL_SSL",
  "kafka.externalPort": "19092",
};

/** A client outside the swarm, in this process. @param otherPassword used instead of the stack's */
export async function secureClient(project: TestProject, otherPassword?: string): Promise<Kafka> {
  const { kafkaExternal, kafka } = await project.secretOutputs<KafkaOutputs>();
  const { username, password, ca } = kafka.security;
  return new Kafka({
    clientId: "test",
    brokers: kafkaExternal,
    ssl: { ca: [ca] },
    sasl: { mechanism: "scram-sha-512", username, password: otherPassword ?? password },
    logLevel: logLevel.NOTHING,
  });
}

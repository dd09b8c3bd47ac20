import assert from "node:assert/strict";
import type { TestProject } from "./project.ts";

/** Time limit for reading the records of a topic. */
const READ_TIMEOUT_MS = 20_000;

/** A topic of brokers without a port outside the swarm, used through Kafka's own tools in a broker's container. */
export class KafkaTopic {
  private readonly sent: string[] = [];

  private readonly project: TestProject;
  private readonly name: string;
  private readonly home: { broker: string; node: string };

  /** @param home broker to ask, and its node */
  constructor(project: TestProject, name: string, home: { broker: string; node: string }) {
    this.project = project;
    this.name = name;
    this.home = home;
  }

  /** @param replicas of each of its partitions */
  async create(replicas: number): Promise<void> {
    await this.tool(
      "kafka-topics",
      `--create --topic ${this.name} --partitions 3 --replication-factor ${replicas}`,
    );
  }

  /** Adds a record; it returns once the brokers have it (acks=all, Kafka's default). */
  async produce(record: string): Promise<void> {
    await this.tool("kafka-console-producer", `--topic ${this.name}`, `printf '%s\\n' '${record}' | `);
    this.sent.push(record);
  }

  /** Asserts that the topic has exactly the records that were added. */
  async assertKept(): Promise<void> {
    const text = await this.tool(
      "kafka-console-consumer",
      `--topic ${this.name} --from-beginning --max-messages ${this.sent.length} --timeout-ms ${READ_TIMEOUT_MS} 2>/dev/null`,
    );
    assert.deepEqual(text.trim().split("\n").sort(), [...this.sent].sort());
  }

  private tool(tool: string, args: string, input = ""): Promise<string> {
    const { broker, node } = this.home;
    const container = `$(docker ps -q --filter label=com.docker.swarm.service.name=${broker})`;
    return this.project.on(
      node,
      `${input}docker exec -i ${container} kafka-tool ${tool} --bootstrap-server ${broker}:9092 ${args}`,
    );
  }
}

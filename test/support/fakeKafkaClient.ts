import type { ClientAdapter, ConsumerPort, ProducerPort, ReceiveBatch } from "../../bench/clients/port.ts";

const PARTITIONS = 3;

/** A fake Kafka in this process. By default it delivers a message in the same turn of the event loop. */
export class FakeKafka {
  private readonly consumers: {
    topic: string;
    group: string;
    only: readonly number[] | undefined;
    nowUs: () => number;
    receive: ReceiveBatch;
    /** The next offset of each partition. */
    reached: number[];
  }[] = [];
  /** By topic, the values of each partition in the order of their offsets. */
  private readonly logs = new Map<string, Buffer[][]>();
  private held: (() => void)[] = [];
  /** Producers, by the end of their client's name, that get no answer until {@link release}. */
  blocked: (clientId: string) => boolean = () => false;
  /** How often the log has each message. */
  copies = 1;
  /** Error of every send. */
  failure: Error | undefined;
  /** Whether messages of a send that fails are in the log nevertheless, as after a timeout. */
  keepsFailed = false;
  /** How often each consumer has joined its group. */
  joins = 1;
  open = 0;
  connected = 0;
  private next = 0;

  readonly adapter: ClientAdapter = {
    name: "kafkajs",
    version: "fake",
    connectProducer: async (_, clientId, { topic }) => this.producer(clientId, topic),
    connectConsumer: async (_target, _clientId, options, nowUs, receive) => {
      this.opened();
      const { topic, group, only } = options;
      const consumer = { topic, group, only, nowUs, receive, reached: [] };
      this.consumers.push(consumer);
      const port: ConsumerPort = {
        assigned: () => [0, 1, 2],
        joins: () => this.joins,
        errors: () => ({}),
        leave: () => this.removed(consumer),
        kill: () => this.removed(consumer),
        close: async () => this.closed(),
      };
      return port;
    },
  };

  private logOf(topic: string): Buffer[][] {
    const log = this.logs.get(topic) ?? Array.from({ length: PARTITIONS }, () => []);
    this.logs.set(topic, log);
    return log;
  }

  /** The topics that exist, and the groups that consume each. */
  topics(): Record<string, string[]> {
    const groupsOf = (topic: string) =>
      this.consumers.flatMap((each) => (each.topic === topic ? each.group : []));
    return Object.fromEntries(
      [...this.logs.keys()].map((topic) => [topic, [...new Set(groupsOf(topic))].sort()]),
    );
  }

  private producer(clientId: string, topic: string): ProducerPort {
    this.opened();
    return {
      send: async (messages) => {
        if (this.failure && !this.keepsFailed) throw this.failure;
        if (this.blocked(clientId)) await new Promise<void>((resolve) => this.held.push(resolve));
        const partition = this.next++ % PARTITIONS;
        for (let copy = 0; copy < this.copies; copy += 1) {
          const log = this.logOf(topic)[partition] ?? [];
          const from = log.length;
          log.push(...messages.map(({ value }) => Buffer.from(value)));
          for (const consumer of this.consumers) {
            if (consumer.topic === topic) this.deliver(consumer, partition, from);
          }
        }
        if (this.failure) throw this.failure;
        return [partition];
      },
      close: async () => this.closed(),
    };
  }

  private deliver(consumer: (typeof this.consumers)[number], partition: number, from: number): void {
    const { topic, only, nowUs, receive, reached } = consumer;
    if (only && !only.includes(partition)) return;
    const values = this.logOf(topic)[partition]?.slice(from) ?? [];
    const offsets = values.map((_, index) => from + index);
    reached[partition] = from + values.length;
    receive({ partition, values, offsets, nextOffset: from + values.length, receivedUs: nowUs() });
  }

  /** All consumers join their groups again. @param fromStart they read again from the start, as if nothing was committed */
  rejoin(fromStart: boolean): void {
    for (const consumer of this.consumers) {
      for (const partition of this.logOf(consumer.topic).keys()) {
        this.deliver(consumer, partition, fromStart ? 0 : (consumer.reached[partition] ?? 0));
      }
    }
  }

  /** The offsets of a topic's log. */
  offsets(topic = "t"): Record<number, { low: number; end: number }> {
    return Object.fromEntries(
      this.logOf(topic).map((values, partition) => [partition, { low: 0, end: values.length }]),
    );
  }

  /** Answers all requests that were held back. */
  release(): void {
    this.blocked = () => false;
    for (const go of this.held.splice(0)) go();
  }

  private async removed(consumer: (typeof this.consumers)[number]): Promise<void> {
    this.consumers.splice(this.consumers.indexOf(consumer), 1);
    this.closed();
  }

  private opened(): void {
    this.open += 1;
    this.connected += 1;
  }

  private closed(): void {
    this.open -= 1;
  }
}

import type { ClientAdapter, ConsumerPort, ProducerPort, ReceiveBatch } from "../../bench/clients/port.ts";

const PARTITIONS = 3;

/** A fake Kafka in this process. By default it delivers a message in the same turn of the event loop. */
export class FakeKafka {
  private readonly consumers: {
    group: string;
    only: readonly number[] | undefined;
    nowUs: () => number;
    receive: ReceiveBatch;
    /** The next offset of each partition. */
    reached: number[];
  }[] = [];
  /** The values of each partition, in the order of their offsets. */
  private readonly log: Buffer[][] = Array.from({ length: PARTITIONS }, () => []);
  private held: (() => void)[] = [];
  /** Producers, by the end of their client's name, that get no answer until {@link release}. */
  blocked: (clientId: string) => boolean = () => false;
  /** How often the log has each message. */
  copies = 1;
  /** Error of every send. */
  failure: Error | undefined;
  /** Whether messages of a send that fails are in the log nevertheless, as after a timeout. */
  keepsFailed = false;
  open = 0;
  connected = 0;
  private next = 0;

  readonly adapter: ClientAdapter = {
    name: "kafkajs",
    version: "fake",
    connectProducer: async (_, clientId) => this.producer(clientId),
    connectConsumer: async (_target, _clientId, options, nowUs, receive) => {
      this.opened();
      const { group, only } = options;
      this.consumers.push({ group, only, nowUs, receive, reached: [] });
      const port: ConsumerPort = {
        assigned: () => [0, 1, 2],
        errors: () => ({}),
        close: async () => this.closed(),
      };
      return port;
    },
  };

  private producer(clientId: string): ProducerPort {
    this.opened();
    return {
      send: async (messages) => {
        if (this.failure && !this.keepsFailed) throw this.failure;
        if (this.blocked(clientId)) await new Promise<void>((resolve) => this.held.push(resolve));
        const partition = this.next++ % PARTITIONS;
        for (let copy = 0; copy < this.copies; copy += 1) {
          const from = this.log[partition]?.length ?? 0;
          this.log[partition]?.push(...messages.map(({ value }) => Buffer.from(value)));
          for (const consumer of this.consumers) this.deliver(consumer, partition, from);
        }
        if (this.failure) throw this.failure;
      },
      close: async () => this.closed(),
    };
  }

  private deliver(consumer: (typeof this.consumers)[number], partition: number, from: number): void {
    const { only, nowUs, receive, reached } = consumer;
    if (only && !only.includes(partition)) return;
    const values = this.log[partition]?.slice(from) ?? [];
    const offsets = values.map((_, index) => from + index);
    reached[partition] = from + values.length;
    receive({ partition, values, offsets, nextOffset: from + values.length, receivedUs: nowUs() });
  }

  /** All consumers join their groups again. @param fromStart they read again from the start, as if nothing was committed */
  rejoin(fromStart: boolean): void {
    for (const consumer of this.consumers) {
      for (const partition of this.log.keys()) {
        this.deliver(consumer, partition, fromStart ? 0 : (consumer.reached[partition] ?? 0));
      }
    }
  }

  /** The log's offsets. */
  offsets(): Record<number, { low: number; end: number }> {
    return Object.fromEntries(
      this.log.map((values, partition) => [partition, { low: 0, end: values.length }]),
    );
  }

  /** Answers all requests that were held back. */
  release(): void {
    this.blocked = () => false;
    for (const go of this.held.splice(0)) go();
  }

  private opened(): void {
    this.open += 1;
    this.connected += 1;
  }

  private closed(): void {
    this.open -= 1;
  }
}

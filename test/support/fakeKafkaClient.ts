import type { ClientAdapter, ConsumerPort, ProducerPort, ReceiveBatch } from "../../bench/clients/port.ts";

const PARTITIONS = 3;

/** A fake Kafka in this process. By default it delivers a message in the same turn of the event loop. */
export class FakeKafka {
  private readonly consumers: {
    group: string;
    only: readonly number[] | undefined;
    nowUs: () => number;
    receive: ReceiveBatch;
  }[] = [];
  private held: (() => void)[] = [];
  /** Producers, by the end of their client's name, that are not answered until {@link release}. */
  blocked: (clientId: string) => boolean = () => false;
  /** How often each message is delivered. */
  copies = 1;
  /** Error of every send. */
  failure: Error | undefined;
  open = 0;
  connected = 0;
  private next = 0;

  readonly adapter: ClientAdapter = {
    name: "kafkajs",
    version: "fake",
    connectProducer: async (_, clientId) => this.producer(clientId),
    connectConsumer: async (_target, _clientId, { group, only }, nowUs, receive) => {
      this.opened();
      this.consumers.push({ group, only, nowUs, receive });
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
        if (this.failure) throw this.failure;
        if (this.blocked(clientId)) await new Promise<void>((resolve) => this.held.push(resolve));
        const partition = this.next++ % PARTITIONS;
        const values = messages.map(({ value }) => Buffer.from(value));
        for (const { only, nowUs, receive } of this.consumers) {
          if (only && !only.includes(partition)) continue;
          for (let copy = 0; copy < this.copies; copy += 1) receive(partition, values, nowUs());
        }
      },
      close: async () => this.closed(),
    };
  }

  /** Answers all that has been held back. */
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

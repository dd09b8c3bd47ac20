// What the benchmark needs of a Kafka client; each client has a file here that provides it.
import type { Client } from "../../contract/clients.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import type { Workload } from "../../contract/workload.ts";

export interface OutgoingMessage {
  /** Absent: the client chooses the partition. */
  key?: Buffer;
  value: Buffer;
}

/** How a logical producer sends. */
export type ProducerOptions = Pick<Workload, "acks" | "idempotent" | "compression"> & { topic: string };

/** One logical producer: a client and connections of its own. Nothing of it is shared with another. */
export interface ProducerPort {
  /**
   * Sends messages as one batch, without waiting for earlier ones; ends when they are acknowledged (with acks 0: written
   * to the connection).
   *
   * @throws any error of the client, after the client's own retries; {@link errorKind} names it
   */
  send(messages: OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** Where a consumer begins in each partition; partitions that are not named, at their beginning. */
export type StartOffsets = Record<number, string>;

export interface ConsumerOptions {
  topic: string;
  group: string;
  fetch: Workload["fetch"];
  startOffsets: StartOffsets;
  /** Of these partitions alone it gets messages, though its group gives it all. @default all that it is given */
  only?: readonly number[];
}

/** Messages of one partition as they came, in their order. */
export type ReceiveBatch = (partition: number, values: readonly Buffer[], receivedUs: number) => void;

/** One logical consumer: a member of its group, with connections of its own. It commits no offsets. */
export interface ConsumerPort {
  /** Partitions that it has now; empty before the group has given it any. */
  assigned(): number[];
  /** Errors since it began, by kind; what it could not go on from too. */
  errors(): Record<string, number>;
  close(): Promise<void>;
}

export interface ClientAdapter {
  readonly name: Client;
  /** Version of the client's package. */
  readonly version: string;
  /** Ends once it is connected to every broker that leads a partition of the topic, as far as the client can. */
  connectProducer(target: KafkaTarget, clientId: string, options: ProducerOptions): Promise<ProducerPort>;
  /**
   * Ends once it has joined its group; `receive` is called with a time taken (`nowUs`) first thing when the client hands
   * a batch over.
   */
  connectConsumer(
    target: KafkaTarget,
    clientId: string,
    options: ConsumerOptions,
    nowUs: () => number,
    receive: ReceiveBatch,
  ): Promise<ConsumerPort>;
}

/** A short, stable name of an error for counting: Kafka's own name where it has one, such as NOT_ENOUGH_REPLICAS. */
export type ErrorKind = (error: unknown) => string;

// The interface between the benchmark and its Kafka clients. Each client has an adapter in this folder.
import type { Client } from "../../contract/clients.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import type { Workload } from "../../contract/workload.ts";

/** A message to send. */
export interface OutgoingMessage {
  /** Without a key, the client chooses the partition. */
  key?: Buffer;
  value: Buffer;
}

/** How a logical producer sends. */
export type ProducerOptions = Pick<Workload, "acks" | "idempotent" | "compression"> & { topic: string };

/** One logical producer. It has its own client and connections and shares nothing with other producers. */
export interface ProducerPort {
  /**
   * Sends messages as one batch, without waiting for earlier batches. Resolves when they are acknowledged, or with acks 0,
   * when they are written to the connection.
   *
   * @returns the partitions of the topic that acknowledged them, each once; empty with acks 0
   * @throws any error of the client, after the client's own retries; an {@link ErrorKind} names it
   */
  send(messages: OutgoingMessage[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** The first offset to consume in each partition. Other partitions are consumed from their beginning. */
export type StartOffsets = Record<number, string>;

/** How a logical consumer receives. */
interface ConsumerOptions {
  topic: string;
  group: string;
  fetch: Workload["fetch"];
  startOffsets: StartOffsets;
  /** Receive only from these of the assigned partitions. @default all assigned partitions */
  only?: readonly number[];
}

/** Messages of one partition in order, as the client handed them over. */
export interface ReceivedBatch {
  partition: number;
  values: readonly Buffer[];
  /** The offset of each value. */
  offsets: readonly number[];
  /** The offset after the last one that was read. */
  nextOffset: number;
  /** When the client handed them over, µs. */
  receivedUs: number;
}

/** Receives messages. */
export type ReceiveBatch = (batch: ReceivedBatch) => void;

/**
 * One logical consumer: a member of its group with its own connections. It commits what it has read every few seconds and when the
 * group rebalances, never between two fetches. After a rebalance each partition continues at the committed offset.
 */
export interface ConsumerPort {
  /** The partitions that are assigned now; empty before the first assignment. */
  assigned(): number[];
  /** How often it joined its group, the first time included. More than once: the group rebalanced. */
  joins(): number;
  /** Number of errors since the start by kind, fatal ones included. */
  errors(): Record<string, number>;
  /** Commits what it has read, and closes. The other members of its group continue where it was. */
  leave(): Promise<void>;
  /**
   * Ends as if its process had been killed: its connections end, it commits nothing and hands over nothing more, and it does not
   * leave its group, which goes on to count it as a member until the session timeout. Resolves when its connections have ended.
   * What its client does until it notices goes on in the background, and its errors are not counted.
   */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Connects logical producers and consumers with one Kafka client. */
export interface ClientAdapter {
  readonly name: Client;
  /** Version of the client's package. */
  readonly version: string;
  /** Resolves when it is connected to every broker that leads a partition of the topic, as far as the client supports it. */
  connectProducer(target: KafkaTarget, clientId: string, options: ProducerOptions): Promise<ProducerPort>;
  /**
   * Resolves when it has joined its group. Takes the time with `nowUs` as soon as the client hands over a batch, and passes
   * both to `receive`.
   */
  connectConsumer(
    target: KafkaTarget,
    clientId: string,
    options: ConsumerOptions,
    nowUs: () => number,
    receive: ReceiveBatch,
  ): Promise<ConsumerPort>;
}

/** Gives an error a short, stable name for counting: Kafka's name if it has one, such as NOT_ENOUGH_REPLICAS. */
export type ErrorKind = (error: unknown) => string;

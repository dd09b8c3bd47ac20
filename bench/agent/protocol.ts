// The protocol between the runner and the agents: JSON over HTTP, on the network that agents use. The runner sends requests,
// agents answer.
import { z } from "zod";
import { completeWorkloadSchema } from "../../contract/completeWorkload.ts";
import { partitionGapsSchema } from "../../contract/recovery.ts";
import { NAME_PREFIX, RUN_NAME } from "../../contract/request.ts";
import { type KafkaTarget, openKafkaTargetSchema } from "../../contract/target.ts";
import { findingsSchema } from "../exchange/findings.ts";

/** Part of every path. Increased with every change that an older agent would not understand. */
export const PROTOCOL_VERSION = 8;

/**
 * The orphan timeout, ms. An agent without a request for this long assumes that its runner is gone, and drops its step. Long
 * enough for a runner that has to wait for a CPU.
 */
export const ORPHANED_AFTER_MS = 30_000;

/** Largest request, bytes: a prepare with the content of messages, which is at most 1 MiB before its encoding. */
export const MAX_BODY_BYTES = 8 * 2 ** 20;
/** Largest number of logical producers or consumers of a task: as many as a workload can have. */
const MAX_SHARE = 100_000;
/** Largest number of agents of a run. */
const MAX_AGENTS = 10_000;
/** Largest distance of a start, or of the beginning of a window, from the agent's clock, µs. */
export const MAX_AHEAD_US = 5 * 60 * 1e6;
/** Longest measurement window, µs: a year. */
const MAX_WINDOW_US = 366 * 86_400 * 1e6;

const count = z.int().min(0);
/** µs since 1970. */
const instantUs = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
/** Encoded by LatencyHistogram.encode (contract/histogram.ts), µs. */
const histogram = z.string();

/** The paths of an agent's requests. */
export const PATHS = {
  /** GET: the agent's identity, and the run that it works on. */
  hello: `/v${PROTOCOL_VERSION}/hello`,
  /** POST: connect everything for a step. Answers when all are ready. Ends an earlier step of the same run. */
  prepare: `/v${PROTOCOL_VERSION}/prepare`,
  /** POST: producers start to send at this time. */
  start: `/v${PROTOCOL_VERSION}/start`,
  /**
   * POST: set the measurement window. Producers schedule no messages at or after its end. A later window of the same length
   * replaces it. A producer that has already sent messages of the window sets nothing, and answers with the earliest possible start.
   */
  window: `/v${PROTOCOL_VERSION}/window`,
  /** POST: one consumer of each group leaves it or is killed, or a new one joins in its place. Answers when it has. */
  member: `/v${PROTOCOL_VERSION}/member`,
  /** GET ?after=N: progress, and the seconds that follow the first N. */
  report: `/v${PROTOCOL_VERSION}/report`,
  /** GET: the sequences that were acknowledged or received so far. */
  tally: `/v${PROTOCOL_VERSION}/tally`,
  /** POST: producers schedule no more messages; consumers continue. */
  stop: `/v${PROTOCOL_VERSION}/stop`,
  /** POST: the step's totals. Producers first wait up to `timeoutMs` for messages in flight. Then closes all clients. */
  collect: `/v${PROTOCOL_VERSION}/collect`,
} as const;

/** The answer to {@link PATHS}.hello. */
export const helloSchema = z.object({
  protocol: z.number(),
  role: z.enum(["producer", "consumer"]),
  /** Name of the task, such as producers.1. */
  task: z.string(),
  node: z.string(),
  /** The run that the agent works on; null: none. */
  run: z.string().nullable(),
  machine: z.object({
    cpus: z.number(),
    memoryMiB: z.number(),
    cpuModel: z.string(),
    kernel: z.string(),
    /** The kernel's boot id. Nodes on the same machine have the same one. */
    bootId: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  /** UDP port for comparing clocks (bench/exchange). */
  exchangePort: z.int(),
  /** Deliberate faults for tests. A run with such an agent reports them. */
  faults: z.array(z.string()),
});
/** The identity of an agent, and the run that it works on. */
export type Hello = z.output<typeof helloSchema>;

const stepId = {
  run: z.string().regex(RUN_NAME),
  /** Number of the step in the run. It is part of every message. */
  step: z.int().min(0).max(65_535),
};

/** The body of {@link PATHS}.prepare. */
export const prepareSchema = z.strictObject({
  ...stepId,
  /** Without the password, which the agent reads from a file. */
  kafka: openKafkaTargetSchema,
  /** Name of the topic, or the start of the names if the workload has several (contract/topics.ts). */
  topic: z.string().max(249),
  /** Start of the names of consumer groups and clients. Absent: none. */
  prefix: z.string().regex(NAME_PREFIX).optional(),
  workload: completeWorkloadSchema,
  pacing: z.enum(["precise", "timer"]),
  seed: z.int(),
  /** A message is late if it leaves more than this after its intended time, µs. */
  lateAfterUs: z.number(),
  /**
   * The logical producers, or consumers of each group (those of all topics together), that this task runs: `count` of them from
   * number `first`.
   */
  share: z
    .strictObject({ first: count, count })
    .refine(({ first, count: size }) => first + size <= MAX_SHARE, `ends beyond ${MAX_SHARE}`),
  /** For consumers: the first offset of each partition, which are numbered over all topics (contract/topics.ts). */
  startOffsets: z.record(z.string(), z.string()),
  /** The peers whose clocks the agent compares with its own until the step is collected. */
  peers: z
    .array(z.strictObject({ name: z.string().max(200), host: z.ipv4(), port: z.int().min(1).max(65_535) }))
    .max(MAX_AGENTS),
  /** The first logical producer of each producer task, ascending. Consumers use it to find a message's task. */
  sources: z.array(count).max(MAX_AGENTS),
  /**
   * For each source, the partition that the source's own task also consumes, to time messages by one clock; null: none.
   * Producers use the entry of their own share.
   */
  sameNode: z.array(count.nullable()).max(MAX_AGENTS).nullable(),
  /** Whether producers record when each partition acknowledged nothing, because faults may act in the step. Absent: no. */
  ackGaps: z.boolean().optional(),
});
/** The request to prepare a step. */
export type Prepare = z.output<typeof prepareSchema>;
/** The name of a step, with which the names of its groups and clients begin. It is unique on a cluster. */
export function stepName({ prefix = "", run, step }: Pick<Prepare, "prefix" | "run" | "step">): string {
  return `${prefix}${run}-${step}`;
}
/** The same with the secrets for Kafka, which the agent adds. */
export type PrepareWithSecrets = Omit<Prepare, "kafka"> & { kafka: KafkaTarget };

/** The answer to {@link PATHS}.prepare. */
export const preparedSchema = z.object({
  connectSeconds: z.number(),
  /** For consumers: the assigned partitions, by group. */
  assigned: z.record(z.string(), z.array(z.int())),
});
/** The result of preparing a step. */
export type Prepared = z.output<typeof preparedSchema>;

/** The body of {@link PATHS}.start. */
export const startSchema = z.strictObject({ ...stepId, atUs: instantUs });
/** The body of {@link PATHS}.window: intended times in [fromUs, toUs). */
export const windowSchema = z
  .strictObject({ ...stepId, fromUs: instantUs, toUs: instantUs })
  .refine(({ fromUs, toUs }) => toUs > fromUs && toUs - fromUs <= MAX_WINDOW_US, {
    path: ["toUs"],
    message: "is not after fromUs, or too far after it",
  });
/** The answer to {@link PATHS}.window. */
export const windowAnswerSchema = z.object({
  /** null: the window is set. Otherwise the earliest possible `fromUs`; nothing is set. */
  earliestUs: instantUs.nullable(),
});
/** What can happen to a consumer. `leave`: it commits and leaves its group. `kill`: it ends without either. */
const memberChangeSchema = z.enum(["join", "leave", "kill"]);
/** What can happen to a consumer: {@link memberChangeSchema}. */
export type MemberChange = z.output<typeof memberChangeSchema>;
/** The body of {@link PATHS}.member. `consumer`: its number in its group, from 0, which is in the task's share. */
export const memberSchema = z.strictObject({ ...stepId, consumer: count, change: memberChangeSchema });
/** The answer to {@link PATHS}.member: the time just before and after it, ms since 1970 by the agent's clock. */
export const memberAnswerSchema = z.object({ fromMs: z.number(), toMs: z.number() });
/** The time just before and after a consumer left, was killed or joined, ms since 1970. */
export type MemberAnswer = z.output<typeof memberAnswerSchema>;
/** The body of {@link PATHS}.stop. */
export const stopSchema = z.strictObject({ ...stepId });
/** The body of {@link PATHS}.collect. */
export const collectSchema = z.strictObject({ ...stepId, timeoutMs: z.number().min(0).max(3_600_000) });

/** An agent's own resource use, sampled each second. */
const selfSchema = z.object({
  /** CPUs that the process used. */
  cpu: z.number(),
  /** Share of the time for which the main thread waited for a CPU, from 0 to 1 (schedstat). */
  cpuWait: z.number(),
  eventLoopDelayMsP99: z.number(),
  memoryMiB: z.number(),
  /** Busy CPUs of the whole machine (/proc/stat). */
  machineCpusBusy: z.number(),
});
/** An agent's own resource use in one second. */
export type Self = z.output<typeof selfSchema>;

/** The schema of {@link ProducerSecond}. */
const producerSecondSchema = z.object({
  /** Whole seconds since 1970. */
  at: z.int(),
  /** Messages that were due in this second. */
  offered: count,
  sent: count,
  acked: count,
  late: count,
  errors: z.record(z.string(), count),
  /** From send to acknowledgement. */
  ack: histogram,
  /** From the intended time to the send. */
  lag: histogram,
  self: selfSchema,
});
/** What a producer task did in one second. */
export type ProducerSecond = z.output<typeof producerSecondSchema>;

/** The schema of {@link ConsumerSecond}. */
const consumerSecondSchema = z.object({
  /** Whole seconds since 1970. */
  at: z.int(),
  /** First deliveries of messages, to all groups. */
  delivered: count,
  bytes: count,
  latency: histogram,
  sendToReceive: histogram,
  /** How often its consumers joined their groups again. */
  rejoins: count,
  errors: z.record(z.string(), count),
  self: selfSchema,
});
/** What a consumer task received in one second. */
export type ConsumerSecond = z.output<typeof consumerSecondSchema>;

const reportBase = {
  /** Number of seconds so far: the `after` of the next request. */
  next: count,
  /** Why the step cannot continue; null: no failure. */
  failed: z.string().nullable(),
};
/** The schema of {@link ProducerReport}. */
const producerReportSchema = z.object({
  ...reportBase,
  role: z.literal("producer"),
  seconds: z.array(producerSecondSchema),
  /** Counts of the step so far. `waiting`: due, not yet sent; `outstanding`: sent, not yet answered. */
  totals: z.object({
    offered: count,
    sent: count,
    acked: count,
    failed: count,
    waiting: count,
    outstanding: count,
  }),
  /** Whether every scheduled message has been sent and answered, or abandoned. */
  idle: z.boolean(),
});
/** The schema of {@link ConsumerReport}. */
const consumerReportSchema = z.object({
  ...reportBase,
  role: z.literal("consumer"),
  seconds: z.array(consumerSecondSchema),
  /** Messages delivered in the step so far, by group. Repeated deliveries do not count. */
  delivered: z.record(z.string(), count),
});
/** The answer to {@link PATHS}.report. */
export const reportSchema = z.discriminatedUnion("role", [producerReportSchema, consumerReportSchema]);
/** The progress of a producer task. */
export type ProducerReport = z.output<typeof producerReportSchema>;
/** The progress of a consumer task. */
export type ConsumerReport = z.output<typeof consumerReportSchema>;

/** The offsets of a partition that a task has read, from `from` to below `to`. */
const positionSchema = z.object({ partition: count, from: count, to: count });

/** The answer to {@link PATHS}.tally. Sequences are bitmaps (bench/measure/bitmap.ts). */
export const tallySchema = z.object({
  /** For producers: the acknowledged sequences. */
  producers: z.array(z.object({ producer: count, acked: z.string() })),
  /** For consumers, by group: the received sequences, and the offsets that were read. */
  groups: z.record(
    z.string(),
    z.object({
      producers: z.array(z.object({ producer: count, received: z.string() })),
      positions: z.array(positionSchema),
    }),
  ),
});
/** The sequences of a task that were acknowledged or received so far. */
export type Tally = z.output<typeof tallySchema>;

/** The schema of {@link ProducerTotals}. */
const producerTotalsSchema = z.object({
  role: z.literal("producer"),
  /** In the order of the share. `acked` is a bitmap of sequences (bench/measure/bitmap.ts); the window is [from, to). */
  producers: z.array(
    z.object({
      producer: count,
      window: z.object({ from: count, to: count }),
      /** Counts in the window. */
      sent: count,
      late: count,
      unsent: count,
      acked: z.string(),
      /** Sequences below this were handed to the client, in the whole step. */
      sentTo: count.max(2 ** 32),
      /** Bitmap of the sequences that a broker answered with an error. Sent ones in neither bitmap were not answered. */
      failed: z.string(),
    }),
  ),
  /** Errors in the window, by kind. */
  errors: z.record(z.string(), count),
  ack: histogram,
  lag: histogram,
  /** Latencies of the task's own messages that it consumed itself, by one monotonic clock; null: not requested. */
  sameNode: histogram.nullable(),
  /** When each partition acknowledged nothing to this task. Absent: not requested. */
  ackGaps: z.array(partitionGapsSchema).optional(),
  /** Clock comparisons with the peers of {@link prepareSchema}. */
  clocks: z.array(findingsSchema),
});
/** The totals of a producer task for one step. */
export type ProducerTotals = z.output<typeof producerTotalsSchema>;

/** The schema of {@link ConsumerTotals}. */
const consumerTotalsSchema = z.object({
  role: z.literal("consumer"),
  groups: z.record(
    z.string(),
    z.array(
      z.object({
        producer: count,
        /** Bitmap of the sequences that were delivered in the whole step. */
        received: z.string(),
        /** Sequences that Kafka had more than once in the whole step, one entry for each repetition. */
        duplicated: z.array(count),
        /** Sequences that arrived after a later one of the same partition in the whole step. */
        reordered: z.array(count),
        /** Latencies in the window with 2 significant digits, for the slowest producer's p99. */
        latency: histogram,
      }),
    ),
  ),
  /** The offsets that were read, by group. */
  positions: z.record(z.string(), z.array(positionSchema)),
  /**
   * Latencies in the window for all groups, by source and by slice of intended time. A window has one slice per second, but
   * at most {@link MAX_SLICES}.
   */
  latencies: z.array(z.object({ source: count, slice: count, latency: histogram })),
  sendToReceive: histogram,
  /** Latencies of repeated deliveries in the window, which the other histograms leave out. */
  repeats: histogram,
  /** Repeated deliveries in the window because the task read an offset again. */
  reread: count,
  /** Latencies of the first group for the messages that their source's task consumes too, by source. */
  sameNode: z.array(z.object({ source: count, latency: histogram })),
  bytes: count,
  /** Messages of other runs or steps. */
  foreign: count,
  /** Messages that are too short or have a wrong mark: not sent by swarmbench. */
  malformed: count,
  /** Messages in the window that were skipped on purpose; absent without such a fault. */
  skipped: count.optional(),
  errors: z.record(z.string(), count),
  clocks: z.array(findingsSchema),
});
/** The totals of a consumer task for one step. */
export type ConsumerTotals = z.output<typeof consumerTotalsSchema>;
/** The answer to {@link PATHS}.collect. */
export const totalsSchema = z.discriminatedUnion("role", [producerTotalsSchema, consumerTotalsSchema]);
/** The totals of a task for one step. */
export type Totals = z.output<typeof totalsSchema>;

/** Largest number of slices of a window: few enough to send, and each so short that clocks hardly drift in it. */
const MAX_SLICES = 30;

/** The length of a window's slices, µs. */
export function sliceUs({ fromUs, toUs }: { fromUs: number; toUs: number }): number {
  return Math.max(1e6, (toUs - fromUs) / MAX_SLICES);
}

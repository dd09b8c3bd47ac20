// What load is put on the brokers, and how it is measured: two objects of a scenario. components/ checks them when the
// configuration is read, bench/ carries them out.
import { z } from "zod";
import { CLIENT_NAMES, CLIENTS, COMPRESSION_CODECS, clientErrors, KAFKA_CLIENTS } from "./clients.ts";
import { namesThatVary, option, optionMeta, searchable, swept, type VariesIn } from "./option.ts";
import { wholeNumber, yesOrNo } from "./units.ts";
import {
  acks,
  arrival,
  bytes,
  compression,
  content,
  keys,
  longTime,
  MAX_MESSAGE_BYTES,
  numberIn,
  rate,
  shortTime,
  sloSchema,
  stepValue,
} from "./workloadFields.ts";

export {
  type Arrival,
  type Keys,
  MAX_MESSAGE_BYTES,
  MESSAGE_HEADER_BYTES,
  type MessageContent,
  type MessageSize,
  meanBytes,
  type Slo,
  sloSchema,
} from "./workloadFields.ts";

/** The load of a step. Defaults are those of the experiment where it told them, else Kafka's. */
export const workloadSchema = z
  .strictObject({
    client: swept(
      z.enum(CLIENT_NAMES, `expected one of ${KAFKA_CLIENTS.join(", ")}`).prefault("kafkajs"),
      `The Kafka client that producers and consumers use. ${CLIENT_NAMES.map((name) => `${name}: ${CLIENTS[name].description}.`).join(" ")} Default: kafkajs.`,
    ),
    producers: searchable(
      wholeNumber(1, 100_000).prefault(100),
      "Logical producers of all tasks together, each a Kafka client with its own connection and schedule. Default: 100.",
      { whole: true },
    ),
    rate: searchable(
      rate.optional(),
      "Messages per second of each producer. Default: 10, unless totalRate is set.",
      { unit: "messages per second" },
    ),
    totalRate: searchable(
      rate.optional(),
      "Messages per second of all producers together, instead of rate.",
      { unit: "messages per second" },
    ),
    arrival: option(
      arrival.prefault("constant"),
      'When messages are due. constant: message k of a producer is due at k/rate after the producer\'s phase. poisson: exponential times between messages, with the same mean. { ramp: { from, over } }: the rate grows linearly from a share of itself (default 0.1) to the whole within a time such as "30 seconds", then stays. { burst: { size } }: so many messages are due at once, then none until the mean rate is kept. Default: constant.',
    ),
    messageBytes: searchable(
      bytes.prefault(200),
      "Length of a message's value in bytes, the 40 bytes of its header included: a number, { uniform: [low, high] }, { lognormal: { median, sigma } } (values outside the limits are set to the limit) or { mix: [{ bytes, weight }] }. Default: 200.",
      { unit: "bytes", whole: true },
    ),
    content: option(
      content.prefault("random"),
      "What messages are filled with. random: random bytes. compressible: sensor readings as JSON, which gzip makes about a fifth of. { file: PATH }: cut from a file of at most 1 MiB on the operator's machine, over and over. Default: random.",
    ),
    keys: option(
      keys.prefault("none"),
      "Keys of the messages. none: the client chooses each message's partition. { roundRobin: COUNT }: so many keys in turn. { uniform: COUNT }: so many keys, each as likely. { zipf: { count, exponent } }: key r is as likely as 1/r^exponent (default exponent 1). Default: none.",
    ),
    topic: option(
      z
        .string()
        .regex(/^[a-zA-Z0-9._-]{1,249}$/, "expected a topic's name: letters, digits, . _ -")
        .optional(),
      "Name of the topic. It is used as it is if it exists, otherwise it is made and kept. Default: a new topic for each step, removed afterwards.",
    ),
    partitions: swept(wholeNumber(1, 10_000).prefault(12), "Partitions of the topic. Default: 12."),
    replicationFactor: option(
      wholeNumber(1, 50).optional(),
      "Replicas of each partition. Default: the cluster's own default.",
    ),
    topicConfig: option(
      z.record(z.string(), z.coerce.string()).prefault({}),
      "Settings of the topic, by Kafka's names, such as min.insync.replicas. Default: none.",
    ),
    acks: swept(
      acks.prefault("all"),
      "Which brokers must have a message before it counts as sent: 0 (none), 1 (the leader) or all (all in-sync replicas). Default: all.",
    ),
    idempotent: option(
      yesOrNo.prefault(false),
      "Whether producers are idempotent, so that a retry makes no duplicate; needs acks: all. Default: false.",
    ),
    compression: swept(
      compression.prefault("none"),
      `How batches are compressed: ${COMPRESSION_CODECS.join(", ")}, as far as the client can. Default: none.`,
    ),
    lingerMs: swept(
      numberIn(0, 60_000, "ms").prefault(0),
      "How long a producer waits for more messages of a batch, in ms. 0: each message is sent at once, by itself. Default: 0.",
      { unit: "ms" },
    ),
    batchBytes: swept(
      wholeNumber(1, MAX_MESSAGE_BYTES).prefault(16_384),
      "A batch is sent once it has so many bytes, whatever lingerMs is. Default: 16384.",
      { unit: "bytes" },
    ),
    maxOutstanding: option(
      wholeNumber(1, 1_000_000).prefault(1_000),
      "Messages that a producer may have sent without an answer. More wait in the producer, and their latency grows. Default: 1000.",
    ),
    consumers: searchable(
      wholeNumber(1, 10_000).prefault(1),
      "Logical consumers of each consumer group. Default: 1.",
      { whole: true },
    ),
    groups: swept(wholeNumber(1, 100).prefault(1), "Consumer groups; each gets every message. Default: 1."),
    fetch: option(
      z
        .strictObject({
          minBytes: wholeNumber(1, 1_073_741_824)
            .prefault(1)
            .describe("The broker answers a fetch once it has so many bytes. Default: 1."),
          maxWaitMs: wholeNumber(0, 60_000)
            .prefault(500)
            .describe("The broker answers a fetch after so many ms at the latest. Default: 500."),
          maxBytes: wholeNumber(1_024, 1_073_741_824)
            .prefault(52_428_800)
            .describe("Most bytes of an answer to a fetch. Default: 52428800 (50 MiB)."),
        })
        .prefault({}),
      "How consumers fetch, by Kafka's fetch.min.bytes, fetch.max.wait.ms and fetch.max.bytes.",
    ),
    nodes: swept(
      wholeNumber(1, 50).optional(),
      "On how many of the agents' nodes producers and consumers run. Default: all.",
    ),
  })
  .superRefine((load, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (load.rate !== undefined && load.totalRate !== undefined) {
      refuse("totalRate", "give either rate (of each producer) or totalRate (of all), not both");
    }
    for (const { option: name, message } of clientErrors(load.client, load)) refuse(name, message);
    if (load.idempotent && load.acks !== "all")
      refuse("idempotent", "an idempotent producer needs acks: all");
  });
/** As a scenario has it. */
export type WorkloadInput = z.input<typeof workloadSchema>;
/** Complete. */
export type Workload = z.output<typeof workloadSchema>;

export const DEFAULT_RATE = 10;

/** Messages per second of each producer. */
export function ratePerProducer(load: Pick<Workload, "rate" | "totalRate" | "producers">): number {
  return load.totalRate === undefined ? (load.rate ?? DEFAULT_RATE) : load.totalRate / load.producers;
}

type Shape = typeof workloadSchema.shape;
/** What the steps of a sweep may vary: an option of the workload each. */
export type StepVariable = VariesIn<Shape, "sweep" | "search">;
export const STEP_VARIABLES = namesThatVary<StepVariable>(workloadSchema.shape, ["sweep", "search"]);
/** Of these a search can find the largest that meets the SLO: a larger value is a heavier load. */
export type SearchVariable = VariesIn<Shape, "search">;
export const SEARCH_VARIABLES = namesThatVary<SearchVariable>(workloadSchema.shape, ["search"]);

/** Whether values between two whole numbers make no sense for this variable. */
export function isWholeVariable(variable: SearchVariable): boolean {
  return optionMeta(workloadSchema.shape[variable]).whole === true;
}

export type VariableValue = number | string;
export type StepValues = Partial<Record<StepVariable, VariableValue>>;

const sweep = z
  .partialRecord(
    z.enum(STEP_VARIABLES, `a sweep varies ${STEP_VARIABLES.join(", ")}`),
    z.array(stepValue).min(1),
  )
  .refine((variables) => Object.keys(variables).length > 0, "name a variable and its values");

export const searchSchema = z
  .strictObject({
    variable: z
      .enum(SEARCH_VARIABLES, `a search finds the largest of ${SEARCH_VARIABLES.join(", ")}`)
      .describe(
        `The workload's option whose largest value that meets the SLO is searched: ${SEARCH_VARIABLES.join(", ")}.`,
      ),
    from: numberIn(0.001, 16_777_216, "a number").describe("The value that the search begins with."),
    to: numberIn(0.001, 16_777_216, "a number").describe("The largest value that is tried."),
    tolerance: numberIn(0.005, 0.5, "a share")
      .prefault(0.05)
      .describe(
        "The search ends once the largest good and the least bad value are so close, as a share of the value. Default: 0.05.",
      ),
    trials: wholeNumber(1, 25)
      .prefault(3)
      .describe("How often a value near the limit is tried at the most. Default: 3."),
    maxSteps: wholeNumber(1, 1_000).prefault(40).describe("Most steps of the search. Default: 40."),
    maxTime: longTime
      .prefault("1 hour")
      .describe('No step of the search begins after this time, such as "2 hours". Default: "1 hour".'),
  })
  .refine(({ from, to }) => from < to, "from must be below to");
export type Search = z.output<typeof searchSchema>;

/** How a workload is measured. Times in seconds once parsed. */
export const benchmarkSchema = z.strictObject({
  run: yesOrNo.prefault(true).describe("Whether `pulumi up` runs the benchmark. Default: true."),
  slo: sloSchema.prefault({}).describe("The service-level objective that each step is judged by."),
  sweep: sweep
    .optional()
    .describe(
      `Steps that vary these options of the workload, in the order of their values, such as { producers: [1, 100] }: ${STEP_VARIABLES.join(", ")}. Default: one step of the workload as it is, unless search is set.`,
    ),
  combine: z
    .enum(["product", "side by side"])
    .prefault("product")
    .describe(
      "How a sweep of several variables combines their values. product: every combination. side by side: all first values together, all second values together, and so on. Default: product.",
    ),
  search: searchSchema
    .optional()
    .describe("Searches the knee, after the sweep and with what it has found. Default: no search."),
  soak: longTime
    .optional()
    .describe(
      'One step of this length, such as "8 hours", with the drift of latency and memory, instead of a sweep or a search. Default: no soak.',
    ),
  warmUp: z
    .strictObject({
      min: shortTime.prefault("5 seconds").describe('Shortest warm-up. Default: "5 seconds".'),
      max: shortTime
        .prefault("20 seconds")
        .describe('Longest warm-up, whether the load is steady or not. Default: "20 seconds".'),
      brokers: shortTime
        .prefault("60 seconds")
        .describe(
          'How long a warm-up goes on while brokers still compile their code, as they do in the first minutes after a start. Default: "60 seconds".',
        ),
    })
    .refine(({ min, max }) => min <= max, "min must not be above max")
    .prefault({})
    .describe("How long a step warms up: until it is steady, within these limits."),
  duration: shortTime.prefault("10 seconds").describe('How long a step is measured. Default: "10 seconds".'),
  drain: shortTime
    .prefault("30 seconds")
    .describe(
      'How long messages that are under way at the end of a step are waited for. Default: "30 seconds".',
    ),
  network: z
    .strictObject({
      enabled: yesOrNo.prefault(true).describe("Whether the network is measured. Default: true."),
      seconds: wholeNumber(1, 60)
        .prefault(1)
        .describe(
          "Length of each throughput measurement, in seconds; nodes that share a machine are measured one at a time. Default: 1.",
        ),
      packets: wholeNumber(10, 10_000)
        .prefault(200)
        .describe("Round trips of each pair of nodes before the load. Default: 200."),
    })
    .prefault({})
    .describe("The network between the nodes, measured before the load, and lightly during it."),
  seed: wholeNumber(0, 4_294_967_295)
    .prefault(1)
    .describe("Seed of the random choices: the same seed gives the same phases, sizes and keys. Default: 1."),
  pacing: z
    .enum(["precise", "timer"])
    .prefault("precise")
    .describe(
      "How producers keep their schedule. precise: woken by a thread of its own, which costs a few per cent of a CPU. timer: by Node's timers, up to 1.5 ms late. Default: precise.",
    ),
});
export type BenchmarkInput = z.input<typeof benchmarkSchema>;
export type Benchmark = z.output<typeof benchmarkSchema>;

/**
 * The workload of one step: the run's workload with the values that the step varies.
 *
 * @throws z.ZodError if a value is wrong, or does not go with the others
 */
export function withValues(workload: Workload, values: StepValues): Workload {
  const step: Record<string, unknown> = { ...workload, ...values };
  // A step's rate replaces the workload's total rate, and the other way round.
  if ("rate" in values && !("totalRate" in values)) delete step.totalRate;
  if ("totalRate" in values && !("rate" in values)) delete step.rate;
  return workloadSchema.parse(step);
}

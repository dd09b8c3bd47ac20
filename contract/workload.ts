// The load on the brokers and how it is measured: `workload` and `benchmark` of a scenario. config/ parses them, bench/ runs
// them.
import { z } from "zod";
import { CLIENT_NAMES, CLIENTS, COMPRESSION_CODECS, DEFAULT_CLIENT, KAFKA_CLIENTS } from "./clients.ts";
import { faultsSchema } from "./faults.ts";
import { namesThatVary, option, optionMeta, searchable, swept, type VariesIn } from "./option.ts";
import { searchFields } from "./searchFields.ts";
import { wholeNumber, yesOrNo } from "./units.ts";
import { workloadErrors } from "./workloadErrors.ts";
import {
  acks,
  arrival,
  bytes,
  compression,
  content,
  DEFAULT_RATE,
  keys,
  longTime,
  MAX_MESSAGE_BYTES,
  measuredTime,
  numberIn,
  rate,
  scale,
  shortTime,
  sloSchema,
  stepValue,
  timeOrNone,
  topicValue,
  totalRate,
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

/** Schema of `workload`: the load of a step. Defaults are those of the original experiment, else those of Kafka. */
export const workloadSchema = z
  .strictObject({
    client: swept(
      z.enum(CLIENT_NAMES, `expected one of ${KAFKA_CLIENTS.join(", ")}`).prefault(DEFAULT_CLIENT),
      `The Kafka client that producers and consumers use. ${CLIENT_NAMES.map((name) => `${name}: ${CLIENTS[name].description}.`).join(" ")} Default: ${DEFAULT_CLIENT}.`,
    ),
    producers: searchable(
      wholeNumber(1, 100_000).prefault(100),
      "Number of logical producers, in all tasks together. Each is a Kafka client with its own connection and schedule. Default: 100.",
      { whole: true },
    ),
    rate: searchable(
      rate.optional(),
      "Messages per second of each producer. Default: 10, unless totalRate is set.",
      { unit: "messages per second" },
    ),
    totalRate: searchable(
      totalRate.optional(),
      "Messages per second of all producers together, instead of rate.",
      { unit: "messages per second" },
    ),
    arrival: swept(
      arrival.prefault("constant"),
      'When messages are due. constant: message k of a producer is due at k/rate after the producer\'s phase. poisson: exponential times between messages, with the same mean. { ramp: { from, over } }: the rate grows linearly from the share `from` of the full rate (default 0.1) to the full rate within the time `over`, such as "30 seconds", then stays. { burst: { size } }: `size` messages are due at once, followed by a pause that keeps the mean rate. A sweep can vary constant and poisson. Default: constant.',
    ),
    messageBytes: searchable(
      bytes.prefault(200),
      "Length of a message's value in bytes, including its 40-byte header: a number, { uniform: [low, high] }, { lognormal: { median, sigma } } (values outside the limits are set to the limit) or { mix: [{ bytes, weight }] }. Default: 200.",
      { unit: "bytes", whole: true },
    ),
    content: option(
      content.prefault("random"),
      "What messages are filled with. random: random bytes. compressible: sensor readings as JSON, which gzip compresses to about a fifth. { random: SHARE }: this share of the bytes is random, and the rest is zero. { file: PATH }: the bytes of a file of at most 1 MiB on the operator's machine, repeated. Default: random.",
    ),
    keys: option(
      keys.prefault("none"),
      "Keys of the messages. none: the client chooses each message's partition. { roundRobin: COUNT }: COUNT keys in turn. { uniform: COUNT }: COUNT keys with the same probability. { zipf: { count, exponent } }: `count` keys, key r with a probability proportional to 1/r^exponent (default exponent 1). Default: none.",
    ),
    topic: option(
      z
        .string()
        .regex(/^[a-zA-Z0-9._-]{1,249}$/, "expected the name of a topic: letters, digits, . _ -")
        .refine((name) => name !== "." && name !== "..", "Kafka allows no topic of this name; choose another")
        .refine((name) => !name.startsWith("__"), "Kafka uses such names for its own topics; choose another")
        .optional(),
      "Name of the topic. An existing topic is used as it is; otherwise it is created and kept. Default: a new topic for each step, removed afterwards.",
    ),
    topics: swept(
      wholeNumber(1, 10_000).optional(),
      "Number of topics. Each has the same number of partitions, and its own consumer groups of `consumers` each; producers are divided among the topics, each sends to one. If topic is set, they are named <topic>-1, <topic>-2, and so on. Default: 1.",
    ),
    partitions: swept(wholeNumber(1, 10_000).prefault(12), "Partitions of each topic. Default: 12."),
    replicationFactor: option(
      wholeNumber(1, 50).optional(),
      "Replicas of each partition. Default: the cluster's default.",
    ),
    topicConfig: option(
      z
        .record(z.string(), topicValue)
        .prefault({})
        .meta({ valueType: "by name: text, number, boolean or list" }),
      "Properties of the topic, by Kafka's names, such as min.insync.replicas. Default: none.",
    ),
    acks: swept(
      acks.prefault("all"),
      "Brokers that must have a message before it is acknowledged: 0 (none), 1 (the leader) or all (all in-sync replicas). Default: all.",
    ),
    idempotent: option(
      yesOrNo.prefault(false),
      "Whether producers are idempotent, so that retries cause no duplicates; requires acks: all. Default: false.",
    ),
    compression: swept(
      compression.prefault("none"),
      `Compression of batches: ${COMPRESSION_CODECS.join(", ")}, if the client supports it. Default: none.`,
    ),
    lingerMs: swept(
      numberIn(0, 60_000, "ms").prefault(0),
      "How long a producer waits for more messages of a batch, in ms. 0: each message is sent at once, in its own batch. Default: 0.",
      { unit: "ms" },
    ),
    batchBytes: swept(
      wholeNumber(1, MAX_MESSAGE_BYTES).prefault(16_384),
      "Size of a batch, in bytes. A batch that has reached it is sent before lingerMs is over. Default: 16384.",
      { unit: "bytes" },
    ),
    maxOutstanding: option(
      wholeNumber(1, 1_000_000).prefault(1_000),
      "Largest number of unacknowledged messages of a producer. Further messages wait in the producer, and their latency grows. Default: 1000.",
    ),
    consumers: searchable(
      wholeNumber(1, 10_000).prefault(1),
      "Number of logical consumers in each consumer group. Default: 1.",
      { whole: true },
    ),
    groups: swept(
      wholeNumber(1, 100).prefault(1),
      "Number of consumer groups; each gets every message. Default: 1.",
    ),
    fetch: option(
      z
        .strictObject({
          minBytes: wholeNumber(1, 1_073_741_824)
            .prefault(1)
            .describe("The broker answers a fetch once this many bytes are available. Default: 1."),
          maxWaitMs: wholeNumber(0, 60_000)
            .prefault(500)
            .describe("The broker answers a fetch after this time at the latest, in ms. Default: 500."),
          maxBytes: wholeNumber(1_024, 1_073_741_824)
            .prefault(52_428_800)
            .describe("Largest response to a fetch, in bytes. Default: 52428800 (50 MiB)."),
        })
        .prefault({}),
      "How consumers fetch: Kafka's fetch.min.bytes, fetch.max.wait.ms and fetch.max.bytes.",
    ),
    nodes: swept(
      wholeNumber(1, 50).optional(),
      "Number of agent nodes that producers and consumers run on. Default: all.",
    ),
  })
  .superRefine((load, context) => {
    for (const { path, message } of workloadErrors(load)) context.addIssue({ code: "custom", path, message });
  });
/** `workload` as a scenario writes it. */
export type WorkloadInput = z.input<typeof workloadSchema>;
/** A parsed workload: with its defaults, and times in seconds. */
export type Workload = z.output<typeof workloadSchema>;

/** The rate of each producer, in messages per second. */
export function ratePerProducer(load: Pick<Workload, "rate" | "totalRate" | "producers">): number {
  return load.totalRate === undefined ? (load.rate ?? DEFAULT_RATE) : load.totalRate / load.producers;
}

type Shape = typeof workloadSchema.shape;
/** Name of a workload option that a sweep may vary. */
export type StepVariable = VariesIn<Shape, "sweep" | "search">;
/** The workload options that a sweep may vary. */
export const STEP_VARIABLES = namesThatVary<StepVariable>(workloadSchema.shape, ["sweep", "search"]);
/** Name of a workload option that a search can vary: a larger value is a heavier load. */
export type SearchVariable = VariesIn<Shape, "search">;
/** The workload options that a search can vary. */
export const SEARCH_VARIABLES = namesThatVary<SearchVariable>(workloadSchema.shape, ["search"]);

/** Whether only whole numbers make sense as values of a variable. */
export function isWholeVariable(variable: SearchVariable): boolean {
  return optionMeta(workloadSchema.shape[variable]).whole === true;
}

/** A value that a step gives to a variable. */
export type VariableValue = number | string;
/** The options that a step varies, with their values. */
export type StepValues = Partial<Record<StepVariable, VariableValue>>;

const sweep = z
  .partialRecord(
    z.enum(STEP_VARIABLES, `expected one of ${STEP_VARIABLES.join(", ")}`),
    z.array(stepValue).min(1, "expected at least one value"),
  )
  .refine((variables) => Object.keys(variables).length > 0, "expected at least one variable and its values");

const searchSchema = z
  .strictObject({
    variable: z
      .enum(SEARCH_VARIABLES, `expected one of ${SEARCH_VARIABLES.join(", ")}`)
      .describe(
        `The workload option to search for its largest value that meets the SLO: ${SEARCH_VARIABLES.join(", ")}.`,
      ),
    ...searchFields,
  })
  .refine(({ from, to }) => from < to, "from must be less than to");
/** A search for the knee. */
export type Search = z.output<typeof searchSchema>;

/** Schema of `benchmark`: how a workload is measured. Times are parsed to seconds. */
export const benchmarkSchema = z.strictObject({
  run: yesOrNo.prefault(true).describe("Whether `pulumi up` runs the benchmark. Default: true."),
  slo: sloSchema.prefault({}).describe("The service-level objective that each step is checked against."),
  sweep: sweep
    .optional()
    .describe(
      `Steps that vary these workload options, in the order of their values, such as { producers: [1, 100] }: ${STEP_VARIABLES.join(", ")}. Default: one step with the workload as it is, unless search is set.`,
    ),
  combine: z
    .enum(["product", "side by side"], "expected product or side by side")
    .prefault("product")
    .describe(
      "How a sweep combines the values of several variables. product: every combination. side by side: all first values, then all second values, and so on. Default: product.",
    ),
  search: searchSchema
    .optional()
    .describe("Searches for the knee after the sweep, using the sweep's results. Default: no search."),
  soak: longTime
    .optional()
    .describe(
      'Runs one step of this length, such as "8 hours", and reports the drift of latency and memory, instead of a sweep or a search. Default: no soak.',
    ),
  scale: scale
    .optional()
    .describe(
      "What the load is multiplied by: the values of sweep, the first value of search, and the workload itself, of the one option that carries the load (producers, rate or totalRate). auto: by 1 or less, so that this machine can carry the load, as the preheat shows: see measuring.md. A number from 0.001 to 1: by this number. none: the load is as written. Default: none.",
    ),
  preheat: timeOrNone
    .prefault("90 seconds")
    .describe(
      'Longest duration of the preheat at the start of a run: short steps of rising load, until the JIT compilers of the brokers are nearly idle and the latency has settled. They do not count as evidence. After it, each step warms up for warmUp.min. "0 seconds": no preheat. Default: "90 seconds".',
    ),
  warmUp: z
    .strictObject({
      min: shortTime.prefault("5 seconds").describe('Shortest warm-up. Default: "5 seconds".'),
      max: shortTime
        .prefault("20 seconds")
        .describe('Longest warm-up, even if the load is not steady. Default: "20 seconds".'),
      brokers: shortTime
        .prefault("60 seconds")
        .describe(
          'Longest warm-up while the JIT compilers of the brokers are busy, as they are in the first minutes after a start. Default: "60 seconds".',
        ),
    })
    .refine(({ min, max }) => min <= max, "min must not be larger than max")
    .prefault({})
    .describe(
      "How long a step warms up: until its load is steady, within these limits. After a preheat: min alone.",
    ),
  duration: measuredTime
    .prefault("10 seconds")
    .describe('How long a step is measured, at least 1 second. Default: "10 seconds".'),
  drain: shortTime
    .prefault("30 seconds")
    .describe(
      'Longest wait at the end of a step for messages that are not delivered yet. Default: "30 seconds".',
    ),
  logCheck: yesOrNo
    .optional()
    .describe(
      "Whether the whole log of a step's topics is read after its drain, and compared with what producers recorded, so that every message is accounted for: see measuring.md. It takes about as long as consumers need for the messages. Not in the preheat. Default: false.",
    ),
  faults: faultsSchema
    .optional()
    .describe(
      'Faults in the measured time of each step of a sweep or a soak, such as { at: "20 seconds", fault: broker-kill, target: broker 1 }. Each is undone by itself, whatever happens to the run. Not with a search, and only on a stack\'s own brokers: see faults.md. Default: none.',
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
        .describe("Number of round trips between each pair of nodes before the load. Default: 200."),
    })
    .prefault({})
    .describe(
      "How the network between the nodes is measured: before the load, and with fewer packets during it.",
    ),
  seed: wholeNumber(0, 4_294_967_295)
    .prefault(1)
    .describe("Seed of the random numbers: the same seed gives the same phases, sizes and keys. Default: 1."),
  pacing: z
    .enum(["precise", "timer"], "expected precise or timer")
    .prefault("precise")
    .describe(
      "How producers keep their schedule. precise: a separate thread wakes them, which costs a few percent of a CPU. timer: Node.js timers, which are up to 1.5 ms late. Default: precise.",
    ),
});
/** `benchmark` as a scenario writes it. */
export type BenchmarkInput = z.input<typeof benchmarkSchema>;
/** A parsed benchmark: with its defaults, and times in seconds. */
export type Benchmark = z.output<typeof benchmarkSchema>;

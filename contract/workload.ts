// What load is put on the brokers, and how it is measured: two objects of a scenario. components/ checks them when the
// configuration is read, bench/ carries them out.
import { z } from "zod";
import { duration, longDuration, wholeNumber, yesOrNo } from "./units.ts";

/** Kafka clients that a run can use; a run records which. */
export const CLIENTS = ["kafkajs", "platformatic"] as const;
/** No client: a send is done at once and reaches no broker. It measures the generator alone, and nothing of Kafka. */
export const NO_BROKER = "null";
export type Client = (typeof CLIENTS)[number] | typeof NO_BROKER;

/** What a message has before its filling (bench/load/message.ts), and so the least that it may have. */
export const MESSAGE_HEADER_BYTES = 40;
/** Kafka's own default limit of a record batch is 1 MiB with its overhead; above it topic and clients are told. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** `pulumi config set` stores numbers as text. */
function numberIn(min: number, max: number, what: string) {
  const message = `expected ${what} from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    z.number(message).min(min, message).max(max, message),
  );
}

/** A number is seconds already: what has been parsed once can be parsed again, by the runner. */
function time<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (typeof value === "number" ? `${value} seconds` : value), schema);
}
const shortTime = time(duration);
const longTime = time(longDuration);

const messageBytes = wholeNumber(MESSAGE_HEADER_BYTES, MAX_MESSAGE_BYTES);
const rate = numberIn(0.001, 1_000_000, "messages per second");
const acks = z.preprocess(
  (value) => (value === "0" || value === "1" ? Number(value) : value),
  z.union([z.literal(0), z.literal(1), z.literal("all")], 'expected 0, 1 or "all"'),
);
/** zstd is not among them: Node has it from version 22.15 on, and the agents run on 20. */
const compression = z.enum(["none", "gzip", "snappy", "lz4"], "expected none, gzip, snappy or lz4");

const arrival = z.union(
  [
    /** Message k is due at k/rate after the producer's phase. */
    z.literal("constant"),
    /** Exponential times between messages, of the same mean. */
    z.literal("poisson"),
    /** The rate grows linearly from a share of itself to the whole, then stays. */
    z.strictObject({
      ramp: z.strictObject({ from: numberIn(0, 1, "a share").prefault(0.1), over: shortTime }),
    }),
    /** So many messages are due at once, then none until the mean rate is kept. */
    z.strictObject({ burst: z.strictObject({ size: wholeNumber(2, 100_000) }) }),
  ],
  "expected constant, poisson, { ramp: { from, over } } or { burst: { size } }",
);
export type Arrival = z.output<typeof arrival>;

const bytes = z.union(
  [
    messageBytes,
    z
      .strictObject({ uniform: z.tuple([messageBytes, messageBytes]) })
      .refine(({ uniform: [low, high] }) => low <= high, "uniform: the first number is the smaller one"),
    /** Log-normal; what is outside of the limits of a message is set to the limit. */
    z.strictObject({
      lognormal: z.strictObject({ median: messageBytes, sigma: numberIn(0, 5, "a standard deviation") }),
    }),
    z.strictObject({
      mix: z
        .array(z.strictObject({ bytes: messageBytes, weight: numberIn(0.000001, 1_000_000, "a weight") }))
        .min(1),
    }),
  ],
  `expected a number of bytes from ${MESSAGE_HEADER_BYTES} to ${MAX_MESSAGE_BYTES}, { uniform: [low, high] }, { lognormal: { median, sigma } } or { mix: [{ bytes, weight }] }`,
);
export type MessageSize = z.output<typeof bytes>;

const content = z.union(
  [
    z.literal("random"),
    /** Readings of sensors as JSON: gzip makes about a fifth of it. */
    z.literal("compressible"),
    /** Cut from a file of the operator's machine, over and over: base64 once it has been read. */
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ base64: z.base64().min(4) }),
  ],
  "expected random, compressible or { file: PATH }",
);
export type MessageContent = z.output<typeof content>;

const keys = z.union(
  [
    /** The client chooses the partition of each message. */
    z.literal("none"),
    z.strictObject({ roundRobin: wholeNumber(1, 10_000_000) }),
    z.strictObject({ uniform: wholeNumber(1, 10_000_000) }),
    /** Key r of so many has a probability proportional to 1/r^exponent. */
    z.strictObject({
      zipf: z.strictObject({
        count: wholeNumber(1, 10_000_000),
        exponent: numberIn(0.01, 10, "an exponent").prefault(1),
      }),
    }),
  ],
  "expected none, { roundRobin: COUNT }, { uniform: COUNT } or { zipf: { count, exponent } }",
);
export type Keys = z.output<typeof keys>;

/** The load of a step. Defaults are those of the experiment where it told them, else Kafka's. */
export const workloadSchema = z
  .strictObject({
    client: z.enum([...CLIENTS, NO_BROKER], `expected one of ${CLIENTS.join(", ")}`).prefault("kafkajs"),
    /** Logical producers of all tasks together: each a client with a connection and a schedule of its own. */
    producers: wholeNumber(1, 100_000).prefault(100),
    /** Messages per second of each producer. @default 10 */
    rate: rate.optional(),
    /** Messages per second of all producers together, instead of `rate`. */
    totalRate: rate.optional(),
    arrival: arrival.prefault("constant"),
    /** Of a message's value, its header included. */
    messageBytes: bytes.prefault(200),
    content: content.prefault("random"),
    keys: keys.prefault("none"),
    /** An existing topic of these settings, or the name of one to be made; a new one for each step unless given. */
    topic: z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,249}$/, "expected a topic's name: letters, digits, . _ -")
      .optional(),
    partitions: wholeNumber(1, 10_000).prefault(12),
    /** @default the cluster's own */
    replicationFactor: wholeNumber(1, 50).optional(),
    /** Settings of the topic by Kafka's names. */
    topicConfig: z.record(z.string(), z.coerce.string()).prefault({}),
    acks: acks.prefault("all"),
    idempotent: yesOrNo.prefault(false),
    compression: compression.prefault("none"),
    /** How long a producer waits for more messages of a batch, ms. 0: each message is sent at once, by itself. */
    lingerMs: numberIn(0, 60_000, "ms").prefault(0),
    /** A batch is sent once it has so many bytes, whatever the linger. */
    batchBytes: wholeNumber(1, MAX_MESSAGE_BYTES).prefault(16_384),
    /** Messages that a producer may have sent without an answer; more wait in the producer, and their delay grows. */
    maxOutstanding: wholeNumber(1, 1_000_000).prefault(1_000),
    /** Logical consumers of each group. */
    consumers: wholeNumber(1, 10_000).prefault(1),
    /** Consumer groups; each gets every message. */
    groups: wholeNumber(1, 100).prefault(1),
    fetch: z
      .strictObject({
        minBytes: wholeNumber(1, 1_073_741_824).prefault(1),
        maxWaitMs: wholeNumber(0, 60_000).prefault(500),
        maxBytes: wholeNumber(1_024, 1_073_741_824).prefault(52_428_800),
      })
      .prefault({}),
    /** On how many of the agents' nodes producers and consumers run. @default all */
    nodes: wholeNumber(1, 50).optional(),
  })
  .superRefine((load, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (load.rate !== undefined && load.totalRate !== undefined) {
      refuse("totalRate", "give either rate (of each producer) or totalRate (of all), not both");
    }
    if (load.client === "kafkajs" && !["none", "gzip"].includes(load.compression)) {
      refuse("compression", `kafkajs has none and gzip; for ${load.compression} set client: platformatic`);
    }
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

/** The mean length of a message's value, bytes. */
export function meanBytes(size: MessageSize): number {
  if (typeof size === "number") return size;
  if ("uniform" in size) return (size.uniform[0] + size.uniform[1]) / 2;
  if ("lognormal" in size) return size.lognormal.median * Math.exp(size.lognormal.sigma ** 2 / 2);
  const weights = size.mix.reduce((sum, { weight }) => sum + weight, 0);
  return size.mix.reduce((sum, part) => sum + (part.bytes * part.weight) / weights, 0);
}

/** What the steps of a sweep may vary: a key of the workload each. */
export const STEP_VARIABLES = [
  "producers",
  "rate",
  "totalRate",
  "messageBytes",
  "consumers",
  "groups",
  "partitions",
  "acks",
  "compression",
  "lingerMs",
  "batchBytes",
  "nodes",
  "client",
] as const satisfies readonly (keyof Workload)[];
export type StepVariable = (typeof STEP_VARIABLES)[number];
/** Of these a search can find the largest that meets the SLO: a larger value is a heavier load. */
export const SEARCH_VARIABLES = ["producers", "rate", "totalRate", "messageBytes", "consumers"] as const;
export type SearchVariable = (typeof SEARCH_VARIABLES)[number];
export type VariableValue = number | string;
export type StepValues = Partial<Record<StepVariable, VariableValue>>;

const stepValue = z.preprocess(
  (value) => (typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.union([z.number(), z.string().min(1)]),
);
const sweep = z
  .partialRecord(
    z.enum(STEP_VARIABLES, `a sweep varies ${STEP_VARIABLES.join(", ")}`),
    z.array(stepValue).min(1),
  )
  .refine((variables) => Object.keys(variables).length > 0, "name a variable and its values");

/** What a step must keep to. */
export const sloSchema = z.strictObject({
  /** Of the delay, ms. */
  p99Ms: numberIn(0.1, 600_000, "ms").prefault(100),
  /** Least share of the offered messages that must be delivered. */
  delivered: numberIn(0, 1, "a share").prefault(0.999),
  /** Most messages that may be lost. */
  lost: wholeNumber(0, 1_000_000_000).prefault(0),
});
export type Slo = z.output<typeof sloSchema>;

export const searchSchema = z
  .strictObject({
    variable: z.enum(SEARCH_VARIABLES, `a search finds the largest of ${SEARCH_VARIABLES.join(", ")}`),
    /** Where it begins. */
    from: numberIn(0.001, 16_777_216, "a number"),
    /** Beyond this it does not look. */
    to: numberIn(0.001, 16_777_216, "a number"),
    /** It is content once the largest good and the least bad value are so close, as a share of the value. */
    tolerance: numberIn(0.005, 0.5, "a share").prefault(0.05),
    /** Trials of a value near the limit. */
    trials: wholeNumber(1, 25).prefault(3),
    maxSteps: wholeNumber(1, 1_000).prefault(40),
    maxTime: longTime.prefault("1 hour"),
  })
  .refine(({ from, to }) => from < to, "from must be below to");
export type Search = z.output<typeof searchSchema>;

/** How a workload is measured. Times in seconds once parsed. */
export const benchmarkSchema = z.strictObject({
  /** Whether `pulumi up` runs it. */
  run: yesOrNo.prefault(true),
  slo: sloSchema.prefault({}),
  /** Steps that vary these, in the order of their values; one step of the workload as it is where neither this nor search is given. */
  sweep: sweep.optional(),
  /** Of several variables: every combination, or the first values together, the second values together, …. */
  combine: z.enum(["product", "side by side"]).prefault("product"),
  /** The knee: after the sweep, with what it has found. */
  search: searchSchema.optional(),
  /** One step of this length, with the drift of delay and memory. */
  soak: longTime.optional(),
  /**
   * A step warms up until it is steady, not shorter than `min` and not longer than `max`; and while brokers still compile their
   * code, as they do in the first minutes after a start, until `brokers`.
   */
  warmUp: z
    .strictObject({
      min: shortTime.prefault("5 seconds"),
      max: shortTime.prefault("20 seconds"),
      brokers: shortTime.prefault("60 seconds"),
    })
    .refine(({ min, max }) => min <= max, "min must not be above max")
    .prefault({}),
  /** How long a step is measured. */
  duration: shortTime.prefault("10 seconds"),
  /** How long messages that are under way at the end are waited for. */
  drain: shortTime.prefault("30 seconds"),
  /** The network between the nodes, measured before the load, and lightly during it. */
  network: z
    .strictObject({
      enabled: yesOrNo.prefault(true),
      /** Of each measurement of a throughput: one at a time between nodes that share a machine. */
      seconds: wholeNumber(1, 60).prefault(1),
      /** Round trips of each pair before the load. */
      packets: wholeNumber(10, 10_000).prefault(200),
    })
    .prefault({}),
  /** Of the random choices: the same seed, the same phases, sizes and keys. */
  seed: wholeNumber(0, 4_294_967_295).prefault(1),
  /** `precise` wakes by a thread of its own and costs a few per cent of a CPU; `timer` is late by up to 1.5 ms. */
  pacing: z.enum(["precise", "timer"]).prefault("precise"),
});
export type BenchmarkInput = z.input<typeof benchmarkSchema>;
export type Benchmark = z.output<typeof benchmarkSchema>;

/** The workload of one step. @throws z.ZodError where a value cannot be had together with the others */
export function withValues(workload: Workload, values: StepValues): Workload {
  const { rate, totalRate, ...rest } = workload;
  // A step's rate is instead of the workload's total rate, and the other way round.
  const rates = "rate" in values || "totalRate" in values ? {} : { rate, totalRate };
  return workloadSchema.parse({ ...rest, ...dropUndefined(rates), ...values });
}

function dropUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** What is wrong with workload and benchmark together, a line of `path: what is wrong` each. */
export function benchmarkMistakes(workload: Workload, benchmark: Benchmark): string[] {
  const { sweep: variables, combine, search, soak } = benchmark;
  const mistakes: string[] = [];
  if (search && [workload.client, ...(variables?.client ?? [])].includes(NO_BROKER)) {
    mistakes.push(`benchmark.search: client ${NO_BROKER} reaches no broker, so there is no knee to be found`);
  }
  const lengths = new Set(Object.values(variables ?? {}).map((values) => values.length));
  if (combine === "side by side" && lengths.size > 1) {
    mistakes.push("benchmark.sweep: side by side, every variable needs as many values as the others");
  }
  if (soak !== undefined && (variables || search)) {
    mistakes.push(
      "benchmark.soak: a soak is one step; leave out sweep and search, or put them into a scenario of their own",
    );
  }
  for (const [variable, values] of Object.entries(variables ?? {})) {
    for (const value of values) {
      try {
        withValues(workload, { [variable]: value });
      } catch (error) {
        const issues =
          error instanceof z.ZodError ? error.issues.map((issue) => issue.message) : [String(error)];
        mistakes.push(`benchmark.sweep.${variable}: ${value}: ${issues.join("; ")}`);
      }
    }
  }
  return mistakes;
}

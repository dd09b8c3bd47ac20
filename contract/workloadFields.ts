// Schemas of single workload options.
import { z } from "zod";
import { COMPRESSION_CODECS } from "./clients.ts";
import { propertyText } from "./kafkaProperty.ts";
import { duration, durationOrNone, longDuration, wholeNumber, within } from "./units.ts";

/** Bytes of the header of a message's value (bench/load/message.ts), and so the smallest size of a message. */
export const MESSAGE_HEADER_BYTES = 40;
/**
 * Largest size of a message's value, in bytes. Kafka's default limit of a record batch is 1 MiB with its overhead; for larger
 * messages the limits of topic and clients are raised.
 */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Schema of a number. Also accepts a text, as `pulumi config set` stores it. @param what names the value, for the error */
export function numberIn(min: number, max: number, what: string) {
  const message = `expected ${what} from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    z.number(message).min(min, message).max(max, message),
  );
}

/** Also accepts a number of seconds, which is the parsed form of a text such as "90 seconds". */
function time<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (typeof value === "number" ? `${value} seconds` : value), schema);
}
const DAY_SEC = 86_400;
/** Schema of a time in seconds or minutes, up to a day, parsed to seconds. */
export const shortTime = time(within(duration, { most: [DAY_SEC, "1440 minutes"] }));
/** Schema of the length of a measurement, from 1 second to a day, parsed to seconds: results consist of whole seconds. */
export const measuredTime = time(
  within(duration, { least: [1, "1 second"], most: [DAY_SEC, "1440 minutes"] }),
);
/** Schema of a time in seconds up to days, at most 30 days, parsed to seconds. */
export const longTime = time(
  within(longDuration, { least: [1, "1 second"], most: [30 * DAY_SEC, "30 days"] }),
);
/** Schema of a time in seconds or minutes, up to a day, where `"0 seconds"` means none. Parsed to seconds. */
export const timeOrNone = time(within(durationOrNone, { most: [DAY_SEC, "1440 minutes"] }));

const messageBytes = wholeNumber(MESSAGE_HEADER_BYTES, MAX_MESSAGE_BYTES);
/** Messages per second of each producer if neither rate nor totalRate is set. */
export const DEFAULT_RATE = 10;
/** The smallest rate, in messages per second. */
export const LEAST_RATE = 0.001;
/** Schema of the rate of a producer, in messages per second. */
export const rate = numberIn(LEAST_RATE, 1_000_000, "messages per second");
/** Largest total rate: more messages per second than any generator can send. */
export const MOST_RATE = 10_000_000;
/** Schema of the rate of all producers together, in messages per second. */
export const totalRate = numberIn(LEAST_RATE, MOST_RATE, "messages per second");
/** The smallest factor of `benchmark.scale`. */
export const LEAST_SCALE = 0.001;
const SCALE = `expected auto, none or a number from ${LEAST_SCALE} to 1`;
/** Schema of `benchmark.scale`: `none` and an absent value are the same. */
export const scale = z.preprocess(
  (value) => (typeof value === "string" && /^\d*\.?\d+$/.test(value) ? Number(value) : value),
  z.union([z.enum(["auto", "none"]), z.number().min(LEAST_SCALE, SCALE).max(1, SCALE)], SCALE),
);
/** Schema of `workload.acks`. */
export const acks = z.preprocess(
  (value) => (value === "0" || value === "1" ? Number(value) : value),
  z.union([z.literal(0), z.literal(1), z.literal("all")], 'expected 0, 1 or "all"'),
);
/** Schema of `workload.compression`. */
export const compression = z.enum(COMPRESSION_CODECS, `expected one of ${COMPRESSION_CODECS.join(", ")}`);

/** Schema of `workload.arrival`: when messages are due. */
export const arrival = z.union(
  [
    /** Message k is due at k/rate after the producer's phase. */
    z.literal("constant"),
    /** Exponential times between messages, with the same mean. */
    z.literal("poisson"),
    /** The rate grows linearly from a share of itself to the full rate, then stays. */
    z.strictObject({
      ramp: z.strictObject({ from: numberIn(0, 1, "a share").prefault(0.1), over: shortTime }),
    }),
    /** This many messages are due at once, then none until the mean rate is kept. */
    z.strictObject({ burst: z.strictObject({ size: wholeNumber(2, 100_000) }) }),
  ],
  "expected constant, poisson, { ramp: { from, over } } or { burst: { size } }",
);
/** When messages are due: {@link arrival}. */
export type Arrival = z.output<typeof arrival>;

/** Schema of `workload.messageBytes`: the length of a message's value. */
export const bytes = z.union(
  [
    messageBytes,
    z
      .strictObject({ uniform: z.tuple([messageBytes, messageBytes]) })
      .refine(
        ({ uniform: [low, high] }) => low <= high,
        "uniform: the first number must not be larger than the second",
      ),
    /** Log-normal. Values beyond the limits of a message are set to the limit. */
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
/** The length of a message's value: {@link bytes}. */
export type MessageSize = z.output<typeof bytes>;

/** Schema of `workload.content`: what messages are filled with. */
export const content = z.union(
  [
    z.literal("random"),
    /** Sensor readings as JSON, which gzip compresses to about a fifth. */
    z.literal("compressible"),
    /** This share of the bytes is random, and the rest is zero, so that messages can be compressed by about the rest. */
    z.strictObject({ random: numberIn(0, 1, "a share") }),
    /** The bytes of a file on the operator's machine, repeated. The configuration replaces it by `base64`. */
    z.strictObject({ file: z.string().regex(/^[^\0]+$/) }),
    z.strictObject({ base64: z.base64().min(4) }),
  ],
  "expected random, compressible, { random: SHARE } or { file: PATH }",
);
/** What messages are filled with: {@link content}. */
export type MessageContent = z.output<typeof content>;

/** Schema of `workload.keys`: the keys of messages. */
export const keys = z.union(
  [
    /** The client chooses the partition of each message. */
    z.literal("none"),
    z.strictObject({ roundRobin: wholeNumber(1, 10_000_000) }),
    z.strictObject({ uniform: wholeNumber(1, 10_000_000) }),
    /** Zipf's law: key r of `count` has a probability proportional to 1/r^exponent. */
    z.strictObject({
      zipf: z.strictObject({
        count: wholeNumber(1, 10_000_000),
        exponent: numberIn(0.01, 10, "an exponent").prefault(1),
      }),
    }),
  ],
  "expected none, { roundRobin: COUNT }, { uniform: COUNT } or { zipf: { count, exponent } }",
);
/** The keys of messages: {@link keys}. */
export type Keys = z.output<typeof keys>;

/** The mean length of a message's value, in bytes. */
export function meanBytes(size: MessageSize): number {
  if (typeof size === "number") return size;
  if ("uniform" in size) return (size.uniform[0] + size.uniform[1]) / 2;
  if ("lognormal" in size) return size.lognormal.median * Math.exp(size.lognormal.sigma ** 2 / 2);
  const weights = size.mix.reduce((sum, { weight }) => sum + weight, 0);
  return size.mix.reduce((sum, { bytes, weight }) => sum + (bytes * weight) / weights, 0);
}

/** Schema of the value of a topic's property, parsed to text as Kafka has it. Its name and meaning are checked later. */
export const topicValue = z.unknown().transform((value, context) => {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.every((each) => ["string", "number", "boolean"].includes(typeof each))) {
    // A number above 2^53 has lost digits. It is rejected, since Kafka would get it rounded.
    if (!values.some((each) => Number.isInteger(each) && !Number.isSafeInteger(each)))
      return propertyText(value);
    context.addIssue(`${value} was rounded, because it is too large for a number; write it in quotes`);
  } else context.addIssue("expected a text, a number, true or false, or a list of them");
  return z.NEVER;
});

/** Schema of a value of a sweep. Converts texts of numbers. */
export const stepValue = z.preprocess(
  (value) => (typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.union([z.number(), z.string().min(1)], "expected a number or a text"),
);

/** Schema of the service-level objective (SLO) that each step is checked against. */
export const sloSchema = z.strictObject({
  p99Ms: numberIn(0.1, 600_000, "ms").prefault(100).describe("Largest p99 latency, in ms. Default: 100."),
  delivered: numberIn(0, 1, "a share")
    .prefault(0.999)
    .describe("Smallest share of the offered messages that must be delivered, from 0 to 1. Default: 0.999."),
  lost: wholeNumber(0, 1_000_000_000).prefault(0).describe("Largest number of lost messages. Default: 0."),
});
/** A service-level objective: {@link sloSchema}. */
export type Slo = z.output<typeof sloSchema>;

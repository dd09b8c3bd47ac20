// The forms that single options of a workload may have.
import { z } from "zod";
import { COMPRESSION_CODECS } from "./clients.ts";
import { duration, longDuration, wholeNumber } from "./units.ts";

/** What a message has before its filling (bench/load/message.ts), and so the least that it may have. */
export const MESSAGE_HEADER_BYTES = 40;
/** Kafka's own default limit of a record batch is 1 MiB with its overhead; above it topic and clients are told. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** `pulumi config set` stores numbers as text. */
export function numberIn(min: number, max: number, what: string) {
  const message = `expected ${what} from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
    z.number(message).min(min, message).max(max, message),
  );
}

/** A text such as "90 seconds", or a number of seconds, which is also what it is parsed to. */
function time<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (typeof value === "number" ? `${value} seconds` : value), schema);
}
export const shortTime = time(duration);
export const longTime = time(longDuration);

const messageBytes = wholeNumber(MESSAGE_HEADER_BYTES, MAX_MESSAGE_BYTES);
export const rate = numberIn(0.001, 1_000_000, "messages per second");
export const acks = z.preprocess(
  (value) => (value === "0" || value === "1" ? Number(value) : value),
  z.union([z.literal(0), z.literal(1), z.literal("all")], 'expected 0, 1 or "all"'),
);
export const compression = z.enum(COMPRESSION_CODECS, `expected one of ${COMPRESSION_CODECS.join(", ")}`);

export const arrival = z.union(
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

export const bytes = z.union(
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

export const content = z.union(
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

export const keys = z.union(
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

/** The mean length of a message's value, bytes. */
export function meanBytes(size: MessageSize): number {
  if (typeof size === "number") return size;
  if ("uniform" in size) return (size.uniform[0] + size.uniform[1]) / 2;
  if ("lognormal" in size) return size.lognormal.median * Math.exp(size.lognormal.sigma ** 2 / 2);
  const weights = size.mix.reduce((sum, { weight }) => sum + weight, 0);
  return size.mix.reduce((sum, part) => sum + (part.bytes * part.weight) / weights, 0);
}

/** A value of a sweep. */
export const stepValue = z.preprocess(
  (value) => (typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  z.union([z.number(), z.string().min(1)]),
);

/** What a step must keep to. */
export const sloSchema = z.strictObject({
  p99Ms: numberIn(0.1, 600_000, "ms")
    .prefault(100)
    .describe("Most that the p99 of the latency may be, in ms. Default: 100."),
  delivered: numberIn(0, 1, "a share")
    .prefault(0.999)
    .describe("Least share of the offered messages that must be delivered, from 0 to 1. Default: 0.999."),
  lost: wholeNumber(0, 1_000_000_000).prefault(0).describe("Most messages that may be lost. Default: 0."),
});
export type Slo = z.output<typeof sloSchema>;

// The values of messages: their sizes, and the content after the header.
import {
  MAX_MESSAGE_BYTES,
  MESSAGE_HEADER_BYTES,
  type MessageContent,
  type MessageSize,
} from "../../contract/workload.ts";
import { type Random, randomOf } from "./random.ts";

/** Generates the values of a producer's messages. */
export interface Payloads {
  /** A new buffer of the next size, filled. Its first {@link MESSAGE_HEADER_BYTES} are for the header. */
  next(): Buffer;
}

/** Size of the pool from which content is cut at random positions. It is so large that compression finds few repetitions in a batch. */
const POOL_BYTES = 8 * 1024 * 1024;

/**
 * The values of a producer's messages.
 *
 * @param content bytes of a file, not its path: only the operator's machine has the file
 * @throws Error for the path of a file
 */
export function payloadsOf(size: MessageSize, content: MessageContent, random: Random): Payloads {
  const next = sizesOf(size, random);
  const fill = fillerOf(content, random);
  return {
    next: () => {
      const value = Buffer.allocUnsafe(next());
      fill(value);
      return value;
    },
  };
}

/** Sizes in bytes. Those of a log-normal distribution are limited to the sizes that a message may have. */
function sizesOf(size: MessageSize, random: Random): () => number {
  if (typeof size === "number") return () => size;
  if ("uniform" in size) {
    const [low, high] = size.uniform;
    return () => low + Math.floor(random() * (high - low + 1));
  }
  if ("lognormal" in size) {
    const { median, sigma } = size.lognormal;
    return () => withinLimits(median * Math.exp(sigma * normal(random)));
  }
  const total = size.mix.reduce((sum, { weight }) => sum + weight, 0);
  return () => {
    let rest = random() * total;
    for (const { bytes, weight } of size.mix) {
      rest -= weight;
      if (rest < 0) return bytes;
    }
    return (size.mix.at(-1) as { bytes: number }).bytes;
  };
}

function withinLimits(bytes: number): number {
  return Math.round(Math.min(MAX_MESSAGE_BYTES, Math.max(MESSAGE_HEADER_BYTES, bytes)));
}

/** A standard normal random number (Box and Muller, 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function fillerOf(content: MessageContent, random: Random): (value: Buffer) => void {
  if (typeof content === "string") return cutting(poolOf(content), random);
  if ("random" in content) return partlyRandom(content.random, random);
  if ("file" in content) throw new Error(`${content.file} has not been read`);
  return repeating(Buffer.from(content.base64, "base64"));
}

/** Fills each message with parts of a pool from random positions. */
function cutting(pool: Buffer, random: Random): (value: Buffer, end?: number) => void {
  return (value, end = value.length) => {
    for (let offset = MESSAGE_HEADER_BYTES; offset < end; ) {
      const from = Math.floor(random() * pool.length);
      offset += pool.copy(value, offset, from, Math.min(pool.length, from + end - offset));
    }
  };
}

/** The header counts as random, so that a share of 0 leaves nothing but it. */
function partlyRandom(share: number, random: Random): (value: Buffer) => void {
  const fill = cutting(poolOf("random"), random);
  return (value) => {
    const end = Math.max(MESSAGE_HEADER_BYTES, Math.round(share * value.length));
    fill(value, end);
    value.fill(0, end);
  };
}

/** Each message continues where the previous one ended. */
function repeating(source: Buffer): (value: Buffer) => void {
  let from = 0;
  return (value) => {
    for (let offset = MESSAGE_HEADER_BYTES; offset < value.length; ) {
      const copied = source.copy(value, offset, from, Math.min(source.length, from + value.length - offset));
      offset += copied;
      from = (from + copied) % source.length;
    }
  };
}

const pools = new Map<string, Buffer>();

/** One pool for all producers of a process; each cuts from it at its own random positions. */
function poolOf(content: "random" | "compressible"): Buffer {
  let pool = pools.get(content);
  if (!pool) {
    pool = content === "random" ? randomBytes() : sensorReadings();
    pools.set(content, pool);
  }
  return pool;
}

function randomBytes(): Buffer {
  const random = randomOf(POOL_BYTES);
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  for (let offset = 0; offset < POOL_BYTES; offset += 4) {
    pool.writeUInt32LE(Math.floor(random() * 4_294_967_296), offset);
  }
  return pool;
}

/** Sensor readings as JSON, which gzip compresses to about a fifth. */
function sensorReadings(): Buffer {
  const random = randomOf(POOL_BYTES, 1);
  const pool = Buffer.alloc(POOL_BYTES);
  for (let offset = 0; offset < POOL_BYTES; ) {
    const sensor = `sensor-${Math.floor(random() * 1_000)}`;
    const reading = {
      sensor,
      temperature: 20 + 10 * random(),
      humidity: Math.floor(random() * 100),
      ok: random() < 0.99,
    };
    offset += pool.write(`${JSON.stringify(reading)}\n`, offset);
  }
  return pool;
}

// What messages are filled with.
import {
  MAX_MESSAGE_BYTES,
  MESSAGE_HEADER_BYTES,
  type MessageContent,
  type MessageSize,
} from "../../contract/workload.ts";
import { type Random, randomOf } from "./random.ts";

export interface Payloads {
  /** A new buffer of the next size, filled; its first {@link MESSAGE_HEADER_BYTES} are for the stamp. */
  next(): Buffer;
}

/** A message's filling is cut from a pool at a random place. So large that compression finds few repetitions in a batch. */
const POOL_BYTES = 8 * 1024 * 1024;

/** @param content a file's bytes, not its path: only the operator's machine has the file */
export function payloadsOf(size: MessageSize, content: MessageContent, random: Random): Payloads {
  const next = sizesOf(size, random);
  const filling = fillingOf(content, random);
  return {
    next: () => {
      const bytes = next();
      const value = Buffer.allocUnsafe(bytes);
      filling(value);
      return value;
    },
  };
}

/** Sizes in bytes; those of a log-normal distribution are kept within what a message may have. */
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

/** Standard normal (Box and Muller, 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function fillingOf(content: MessageContent, random: Random): (value: Buffer) => void {
  if (typeof content !== "string" && "file" in content) throw new Error(`${content.file} has not been read`);
  if (typeof content !== "string") return inTurn(Buffer.from(content.base64, "base64"));
  const pool = poolOf(content);
  return (value) => {
    for (let at = MESSAGE_HEADER_BYTES; at < value.length; ) {
      const from = Math.floor(random() * pool.length);
      at += pool.copy(value, at, from, Math.min(pool.length, from + value.length - at));
    }
  };
}

/** One message goes on where the last one ended. */
function inTurn(source: Buffer): (value: Buffer) => void {
  let from = 0;
  return (value) => {
    for (let at = MESSAGE_HEADER_BYTES; at < value.length; ) {
      const copied = source.copy(value, at, from, Math.min(source.length, from + value.length - at));
      at += copied;
      from = (from + copied) % source.length;
    }
  };
}

const pools = new Map<string, Buffer>();

/** One for all producers of a process: each cuts from it at places of its own. */
function poolOf(content: "random" | "compressible"): Buffer {
  let pool = pools.get(content);
  if (!pool) {
    pool = content === "random" ? randomBytes() : text();
    pools.set(content, pool);
  }
  return pool;
}

function randomBytes(): Buffer {
  const random = randomOf(POOL_BYTES);
  const pool = Buffer.allocUnsafe(POOL_BYTES);
  for (let at = 0; at < POOL_BYTES; at += 4) pool.writeUInt32LE(Math.floor(random() * 4_294_967_296), at);
  return pool;
}

/** Readings of sensors as JSON, of which gzip makes about a fifth. */
function text(): Buffer {
  const random = randomOf(POOL_BYTES, 1);
  const pool = Buffer.alloc(POOL_BYTES);
  for (let at = 0; at < POOL_BYTES; ) {
    const sensor = `sensor-${Math.floor(random() * 1_000)}`;
    const reading = {
      sensor,
      temperature: 20 + 10 * random(),
      humidity: Math.floor(random() * 100),
      ok: random() < 0.99,
    };
    at += pool.write(`${JSON.stringify(reading)}\n`, at);
  }
  return pool;
}

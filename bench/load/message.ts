// The header of every message: the first MESSAGE_HEADER_BYTES of its value.
//
//   0  u16  mark 0x5342 ("SB")       8  u32  producer       16  f64  intended time, µs since 1970
//   2  u8   version                 12  u32  sequence       24  f64  time of the send, µs since 1970
//   3  u8   0                                               32  u32  check: xor of the fields but the times
//   4  u32  run (a hash)                                    36  u16  step, 2 bytes of 0
//
// Big endian. It is in the value, not in Kafka's record headers, for which every client creates objects.
import { createHash } from "node:crypto";
import { MESSAGE_HEADER_BYTES } from "../../contract/workload.ts";

const MARK_AND_VERSION = 0x5342_0100;

/** The fields of a message's header. */
export interface Stamp {
  /** {@link runMark} of the run. */
  run: number;
  step: number;
  producer: number;
  /** Number of the message within its producer and step, from 0, without gaps. */
  sequence: number;
  /** Intended time, µs since 1970. */
  intendedUs: number;
  /** Time at which it was passed to the client, µs since 1970. */
  sentUs: number;
}

/** 32 bits of a hash of a run's name, by which consumers recognise the messages of the run. */
export function runMark(run: string): number {
  return createHash("sha256").update(run).digest().readUInt32BE(0);
}

/** Writes a header into a message's value. @param value at least {@link MESSAGE_HEADER_BYTES} long */
export function writeStamp(value: Buffer, stamp: Readonly<Stamp>): void {
  const { run, step, producer, sequence } = stamp;
  value.writeUInt32BE(MARK_AND_VERSION, 0);
  value.writeUInt32BE(run, 4);
  value.writeUInt32BE(producer, 8);
  value.writeUInt32BE(sequence, 12);
  value.writeDoubleBE(stamp.intendedUs, 16);
  value.writeDoubleBE(stamp.sentUs, 24);
  value.writeUInt32BE(checkOf(run, step, producer, sequence), 32);
  value.writeUInt32BE(step * 0x1_0000, 36);
}

/** Reads the header of a message's value into an object. @returns false if it has no valid header; `into` is invalid then */
export function readStamp(value: Buffer, into: Stamp): boolean {
  if (value.length < MESSAGE_HEADER_BYTES || value.readUInt32BE(0) !== MARK_AND_VERSION) return false;
  into.run = value.readUInt32BE(4);
  into.producer = value.readUInt32BE(8);
  into.sequence = value.readUInt32BE(12);
  into.intendedUs = value.readDoubleBE(16);
  into.sentUs = value.readDoubleBE(24);
  into.step = value.readUInt16BE(36);
  return value.readUInt32BE(32) === checkOf(into.run, into.step, into.producer, into.sequence);
}

function checkOf(run: number, step: number, producer: number, sequence: number): number {
  return (MARK_AND_VERSION ^ run ^ (step << 16) ^ Math.imul(producer, 31) ^ Math.imul(sequence, 17)) >>> 0;
}

// The datagram for comparing clocks. It holds up to three timestamps, and an answer is as long as its question.
//
//   0 u32 mark "SBX1"   4 u32 1: question, 2: answer   8 u32 number   12 u32 0   16 f64 t1   24 f64 t2   32 f64 t3
//   40 f64 stepped
//
// Big endian. Times in µs since 1970: t1 by the sender's clock, t2 (received) and t3 (sent back) by the peer's. "stepped" is
// the sum of all steps of the peer's clock, µs (bench/wallClock.ts).

const MARK = 0x5342_5831;
const BYTES = 48;
const QUESTION = 1;
const ANSWER = 2;

/** Encodes a question that is sent at t1, µs. */
export function question(number: number, t1: number): Buffer {
  const packet = Buffer.alloc(BYTES);
  packet.writeUInt32BE(MARK, 0);
  packet.writeUInt32BE(QUESTION, 4);
  packet.writeUInt32BE(number, 8);
  packet.writeDoubleBE(t1, 16);
  return packet;
}

/**
 * Turns a question into its answer, in place.
 *
 * @param steppedUs the sum of all steps of the answering clock, µs
 * @param now called last, for t3
 */
export function answer(packet: Buffer, t2: number, steppedUs: number, now: () => number): Buffer {
  packet.writeUInt32BE(ANSWER, 4);
  packet.writeDoubleBE(steppedUs, 40);
  packet.writeDoubleBE(t2, 24);
  packet.writeDoubleBE(now(), 32);
  return packet;
}

/** A decoded datagram. */
export type Packet =
  | { kind: "question" }
  | { kind: "answer"; number: number; t1: number; t2: number; t3: number; steppedUs: number };

/** Decodes a datagram. @returns undefined if it does not belong to this protocol */
export function read(packet: Buffer): Packet | undefined {
  if (packet.length !== BYTES || packet.readUInt32BE(0) !== MARK) return undefined;
  const kind = packet.readUInt32BE(4);
  if (kind === QUESTION) return { kind: "question" };
  if (kind !== ANSWER) return undefined;
  return {
    kind: "answer",
    number: packet.readUInt32BE(8),
    t1: packet.readDoubleBE(16),
    t2: packet.readDoubleBE(24),
    t3: packet.readDoubleBE(32),
    steppedUs: packet.readDoubleBE(40),
  };
}

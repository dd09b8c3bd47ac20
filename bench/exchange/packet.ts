// The datagram for comparing clocks. It holds up to three timestamps, and an answer is as long as its question.
//
//   0 u32 mark "SBX2"   4 u32 1: question, 2: answer   8 u64 number   16 proof   24 f64 t1   32 f64 t2   40 f64 t3
//   48 f64 stepped
//
// Big endian. Times in µs since 1970: t1 by the sender's clock, t2 (received) and t3 (sent back) by the peer's. "stepped" is
// the sum of all steps of the peer's clock, µs (bench/wallClock.ts).
//
// The number is random. The proof shows that the sender has the stack's token: half of an HMAC of the number in a question,
// the other half in its answer. Timestamps are not part of it, so that both can be calculated outside the measured time:
// someone who cannot read the packets cannot forge them; someone who can change them in transit can also delay them.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Stamp } from "./findings.ts";

const MARK = 0x5342_5832;
const BYTES = 56;
const QUESTION = 1;
const ANSWER = 2;
const NUMBER = { from: 8, to: 16 } as const;
const PROOF = { from: 16, to: 24 } as const;
const PROOF_BYTES = PROOF.to - PROOF.from;

/** The number of a question, and the proofs of the token in the question and in its answer. */
export interface Challenge {
  number: bigint;
  question: Buffer;
  answer: Buffer;
}

/** Makes a challenge with a new random number. */
export function newChallenge(token: string): Challenge {
  return challengeOf(randomBytes(NUMBER.to - NUMBER.from), token);
}

function challengeOf(number: Buffer, token: string): Challenge {
  const proofs = createHmac("sha256", token).update(number).digest();
  return {
    number: number.readBigUInt64BE(),
    question: proofs.subarray(0, PROOF_BYTES),
    answer: proofs.subarray(PROOF_BYTES, 2 * PROOF_BYTES),
  };
}

/** Encodes a question. @param now called last, for t1, µs */
export function question({ number, question: proof }: Challenge, now: () => number): Buffer {
  const packet = Buffer.alloc(BYTES);
  packet.writeUInt32BE(MARK, 0);
  packet.writeUInt32BE(QUESTION, 4);
  packet.writeBigUInt64BE(number, NUMBER.from);
  proof.copy(packet, PROOF.from);
  packet.writeDoubleBE(now(), 24);
  return packet;
}

/**
 * Turns a question into its answer, in place.
 *
 * @param received when the question came, and the sum of all steps of the answering clock by then
 * @param now called last, for t3
 * @returns undefined if the question does not prove the token
 */
export function answer(
  packet: Buffer,
  token: string,
  received: Stamp,
  now: () => number,
): Buffer | undefined {
  const challenge = challengeOf(packet.subarray(NUMBER.from, NUMBER.to), token);
  if (!timingSafeEqual(packet.subarray(PROOF.from, PROOF.to), challenge.question)) return undefined;
  packet.writeUInt32BE(ANSWER, 4);
  challenge.answer.copy(packet, PROOF.from);
  packet.writeDoubleBE(received.us, 32);
  packet.writeDoubleBE(received.steppedUs, 48);
  packet.writeDoubleBE(now(), 40);
  return packet;
}

/** A decoded answer. */
export interface Answer {
  kind: "answer";
  number: bigint;
  proof: Buffer;
  t1: number;
  t2: number;
  t3: number;
  /** The sum of all steps of the peer's clock, µs. */
  steppedUs: number;
}

/** Decodes a datagram. @returns undefined if it does not belong to this protocol */
export function read(packet: Buffer): { kind: "question" } | Answer | undefined {
  if (packet.length !== BYTES || packet.readUInt32BE(0) !== MARK) return undefined;
  const kind = packet.readUInt32BE(4);
  if (kind === QUESTION) return { kind: "question" };
  if (kind !== ANSWER) return undefined;
  return {
    kind: "answer",
    number: packet.readBigUInt64BE(NUMBER.from),
    proof: packet.subarray(PROOF.from, PROOF.to),
    t1: packet.readDoubleBE(24),
    t2: packet.readDoubleBE(32),
    t3: packet.readDoubleBE(40),
    steppedUs: packet.readDoubleBE(48),
  };
}

/** Whether an answer proves the token. Compares in constant time. */
export function answers(reply: Answer, { number, answer: proof }: Challenge): boolean {
  return reply.number === number && timingSafeEqual(reply.proof, proof);
}

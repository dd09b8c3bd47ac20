// The packets of the echo. An answer is as long as its question and is never answered itself: whoever sends packets with a
// forged sender's address gains nothing by it.

/** Drawn once at random: what does not begin with it is not ours. */
const MARK = Buffer.from("9d3c51f0a7e84b26b1f8c60e2d75a943", "hex");
const KINDS = ["question", "answer"] as const;

/** With IP's and UDP's headers 92 bytes: a small message's acknowledgement is about as long. */
export const PACKET_BYTES = 64;

export interface Packet {
  kind: (typeof KINDS)[number];
  /** Of the process that asks. */
  session: number;
  sequence: number;
}

export function encodePacket({ kind, session, sequence }: Packet): Buffer {
  const bytes = Buffer.alloc(PACKET_BYTES);
  MARK.copy(bytes);
  bytes.writeUInt8(KINDS.indexOf(kind), MARK.length);
  bytes.writeUInt32BE(session, 20);
  bytes.writeUInt32BE(sequence, 24);
  return bytes;
}

/** @returns undefined: it is not ours */
export function decodePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length !== PACKET_BYTES || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const kind = KINDS[bytes.readUInt8(MARK.length)];
  if (!kind) return undefined;
  return { kind, session: bytes.readUInt32BE(20), sequence: bytes.readUInt32BE(24) };
}

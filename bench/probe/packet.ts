// The packets of the echo. An answer is as long as its question and is never answered itself, so the echo cannot be used to
// amplify traffic to a forged sender address.

/** A random constant that marks the packets of this protocol. */
const MARK = Buffer.from("9d3c51f0a7e84b26b1f8c60e2d75a943", "hex");
const KINDS = ["question", "answer"] as const;

/** With IP and UDP headers 92 bytes, about the size of the acknowledgement of a small message. */
export const PACKET_BYTES = 64;

/** A question or its answer. */
export interface Packet {
  kind: (typeof KINDS)[number];
  /** Identifies the process that asks. */
  session: number;
  /** Identifies the question. Random. */
  sequence: number;
}

/** Encodes a packet of {@link PACKET_BYTES} bytes. */
export function encodePacket({ kind, session, sequence }: Packet): Buffer {
  const bytes = Buffer.alloc(PACKET_BYTES);
  MARK.copy(bytes);
  bytes.writeUInt8(KINDS.indexOf(kind), MARK.length);
  bytes.writeUInt32BE(session, 20);
  bytes.writeUInt32BE(sequence, 24);
  return bytes;
}

/** Decodes a packet. @returns undefined if it does not belong to this protocol */
export function decodePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length !== PACKET_BYTES || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const kind = KINDS[bytes.readUInt8(MARK.length)];
  if (!kind) return undefined;
  return { kind, session: bytes.readUInt32BE(20), sequence: bytes.readUInt32BE(24) };
}

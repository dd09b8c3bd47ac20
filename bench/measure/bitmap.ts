import { deflateRawSync, inflateRawSync } from "node:zlib";

const FIRST_BYTES = 16;
/** Number of ones in a byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** A set of small numbers, such as the sequences that were delivered: a bit each. Grows as needed. */
export class Bitmap {
  private bytes = new Uint8Array(FIRST_BYTES);
  /** How many numbers it has. */
  count = 0;

  /** @returns whether it is new */
  set(index: number): boolean {
    const at = index >>> 3;
    if (at >= this.bytes.length) this.grow(at + 1);
    const bit = 1 << (index & 7);
    const byte = this.bytes[at] as number;
    if (byte & bit) return false;
    this.bytes[at] = byte | bit;
    this.count += 1;
    return true;
  }

  has(index: number): boolean {
    return ((this.bytes[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** How many it has from `from` to below `to`. */
  countIn(from: number, to: number): number {
    return onesIn(from, to, (at) => this.bytes[at] ?? 0);
  }

  /** Adds all that another has. */
  or(other: Bitmap): void {
    if (other.bytes.length > this.bytes.length) this.grow(other.bytes.length);
    for (const [at, byte] of other.bytes.entries()) this.bytes[at] = (this.bytes[at] as number) | byte;
    this.count = this.countIn(0, this.bytes.length * 8);
  }

  /** How many from `from` to below `to` are wanted and not there. */
  static missing(wanted: Bitmap, got: Bitmap, from: number, to: number): number {
    return onesIn(from, to, (at) => (wanted.bytes[at] ?? 0) & ~(got.bytes[at] ?? 0));
  }

  /** Deflated, base64. */
  encode(): string {
    const end = this.bytes.findLastIndex((byte) => byte !== 0) + 1;
    return deflateRawSync(this.bytes.subarray(0, end)).toString("base64");
  }

  static decode(text: string): Bitmap {
    const bitmap = new Bitmap();
    const bytes = inflateRawSync(Buffer.from(text, "base64"));
    bitmap.grow(bytes.length);
    bitmap.bytes.set(bytes);
    bitmap.count = bitmap.countIn(0, bytes.length * 8);
    return bitmap;
  }

  private grow(bytes: number): void {
    const grown = new Uint8Array(Math.max(bytes, this.bytes.length * 2));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

/** Ones from bit `from` to below bit `to` of the bytes that `byteAt` gives. */
function onesIn(from: number, to: number, byteAt: (at: number) => number): number {
  if (to <= from) return 0;
  const [first, last] = [from >>> 3, (to - 1) >>> 3];
  let ones = 0;
  for (let at = first; at <= last; at += 1) {
    let byte = byteAt(at) & 0xff;
    if (at === first) byte &= 0xff << (from & 7);
    if (at === last) byte &= 0xff >> (7 - ((to - 1) & 7));
    ones += ONES[byte & 0xff] as number;
  }
  return ones;
}

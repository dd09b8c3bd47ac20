import { deflateRawSync, inflateRawSync } from "node:zlib";

const FIRST_BYTES = 16;
/** Largest size of a decoded set, bytes: 2 billion numbers. */
const MAX_BYTES = 256 * 2 ** 20;
/** Number of ones in each byte value. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/** A set of small non-negative integers, such as the delivered sequences, with one bit for each. It grows as needed. */
export class Bitmap {
  private bytes = new Uint8Array(FIRST_BYTES);
  /** Size of the set. */
  count = 0;

  /** Adds a number. @returns whether it is new */
  set(index: number): boolean {
    const position = index >>> 3;
    if (position >= this.bytes.length) this.grow(position + 1);
    const bit = 1 << (index & 7);
    const byte = this.bytes[position] as number;
    if (byte & bit) return false;
    this.bytes[position] = byte | bit;
    this.count += 1;
    return true;
  }

  /** Whether a number is in the set. */
  has(index: number): boolean {
    return ((this.bytes[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Number of elements from `from` to below `to`. */
  countIn(from: number, to: number): number {
    return onesIn(from, to, (position) => this.bytes[position] ?? 0);
  }

  /** A number above all numbers of the set. */
  get end(): number {
    return this.bytes.length * 8;
  }

  /** Adds all numbers of another set. */
  or(other: Bitmap): void {
    if (other.bytes.length > this.bytes.length) this.grow(other.bytes.length);
    for (const [position, byte] of other.bytes.entries()) {
      this.bytes[position] = (this.bytes[position] as number) | byte;
    }
    this.count = this.countIn(0, this.bytes.length * 8);
  }

  /** Number of elements from `from` to below `to` that are in `wanted` but not in `got`. */
  static missing(wanted: Bitmap, got: Bitmap, from: number, to: number): number {
    return onesIn(from, to, (position) => (wanted.bytes[position] ?? 0) & ~(got.bytes[position] ?? 0));
  }

  /** The set as deflated bytes, base64. */
  encode(): string {
    const end = this.bytes.findLastIndex((byte) => byte !== 0) + 1;
    return deflateRawSync(this.bytes.subarray(0, end)).toString("base64");
  }

  /** The set that {@link encode} encoded. @throws Error if the text is not an encoded set, or has more than {@link MAX_BYTES} */
  static decode(text: string): Bitmap {
    const bitmap = new Bitmap();
    const bytes = inflateRawSync(Buffer.from(text, "base64"), { maxOutputLength: MAX_BYTES });
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

/** Number of ones from bit `from` to below bit `to`, in the bytes that `byteAt` returns. */
function onesIn(from: number, to: number, byteAt: (position: number) => number): number {
  if (to <= from) return 0;
  const [first, last] = [from >>> 3, (to - 1) >>> 3];
  let ones = 0;
  for (let position = first; position <= last; position += 1) {
    let byte = byteAt(position) & 0xff;
    if (position === first) byte &= 0xff << (from & 7);
    if (position === last) byte &= 0xff >> (7 - ((to - 1) & 7));
    ones += ONES[byte & 0xff] as number;
  }
  return ones;
}

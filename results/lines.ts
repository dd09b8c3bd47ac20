// Reads a file of any size line by line: a string of Node.js cannot hold more than 512 MiB.
import { closeSync, openSync, readSync } from "node:fs";

/** One line of a file. */
export interface Line {
  /** Without the newline. */
  text: string;
  /** Whether the line ends with a newline. Only the last line may lack it. */
  complete: boolean;
  /** Position of the byte after the line and its newline. */
  end: number;
}

const NEWLINE = 0x0a;
const BLOCK_BYTES = 1024 * 1024;

/**
 * The lines of a UTF-8 file. The file is closed after the last line, or when the loop over the lines ends early.
 *
 * @param blockBytes number of bytes that are read at once. Default: 1 MiB
 * @param from position of the first byte, at the start of a line. Default: 0
 * @throws Error if the file cannot be read
 */
export function* linesIn(file: string, blockBytes = BLOCK_BYTES, from = 0): Generator<Line> {
  const descriptor = openSync(file, "r");
  try {
    const block = Buffer.alloc(blockBytes);
    let parts: Buffer[] = [];
    let end = from;
    let position = from;
    for (;;) {
      const length = readSync(descriptor, block, 0, blockBytes, position);
      if (length === 0) break;
      position += length;
      let start = 0;
      for (;;) {
        const newline = block.subarray(0, length).indexOf(NEWLINE, start);
        if (newline < 0) break;
        parts.push(block.subarray(start, newline));
        end += bytesOf(parts) + 1;
        yield { text: Buffer.concat(parts).toString("utf8"), complete: true, end };
        parts = [];
        start = newline + 1;
      }
      // A copy, because the block is overwritten.
      if (start < length) parts.push(Buffer.from(block.subarray(start, length)));
    }
    if (parts.length === 0) return;
    yield { text: Buffer.concat(parts).toString("utf8"), complete: false, end: end + bytesOf(parts) };
  } finally {
    closeSync(descriptor);
  }
}

function bytesOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

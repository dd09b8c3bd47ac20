import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { MESSAGE_HEADER_BYTES, type MessageSize, meanBytes } from "../../contract/workload.ts";
import { keysOf, zipf } from "./keys.ts";
import { readStamp, runMark, type Stamp, writeStamp } from "./message.ts";
import { payloadsOf } from "./payload.ts";
import { randomOf } from "./random.ts";

const empty = (): Stamp => ({ run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe("a message's header", () => {
  it("is read as it was written", () => {
    const stamps = fc.record({
      run: u32,
      step: fc.integer({ min: 0, max: 65_535 }),
      producer: u32,
      sequence: u32,
      intendedUs: fc.double({ min: 1, max: 4e15, noNaN: true }),
      sentUs: fc.double({ min: 1, max: 4e15, noNaN: true }),
    });
    fc.assert(
      fc.property(stamps, fc.integer({ min: MESSAGE_HEADER_BYTES, max: 100 }), (stamp, bytes) => {
        const value = Buffer.alloc(bytes, 0xff);
        writeStamp(value, stamp);
        const into = empty();
        assert.ok(readStamp(value, into));
        assert.deepEqual(into, { ...stamp });
      }),
    );
  });

  it("is not read from a foreign message", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        assert.equal(readStamp(Buffer.from(bytes), empty()), false),
      ),
    );
  });

  it("is not read if one bit of its numbers is wrong", () => {
    const value = Buffer.alloc(MESSAGE_HEADER_BYTES);
    writeStamp(value, { ...empty(), run: 7, producer: 3, sequence: 9 });
    value[15] = (value[15] as number) ^ 1;
    assert.equal(readStamp(value, empty()), false);
  });

  it("has a different mark for each run", () => {
    assert.notEqual(runMark("20261124T100000Z-local-aaaaaa"), runMark("20261124T100000Z-local-aaaaab"));
  });
});

describe("a message's content", () => {
  const batch = (size: MessageSize, content: Parameters<typeof payloadsOf>[1], count = 500) => {
    const payloads = payloadsOf(size, content, randomOf(1));
    return Array.from({ length: count }, () => payloads.next());
  };
  const contents = (values: Buffer[]) =>
    Buffer.concat(values.map((value) => value.subarray(MESSAGE_HEADER_BYTES)));
  const ratio = (bytes: Buffer) => gzipSync(bytes).length / bytes.length;

  it("does not compress if it is random, not even in a batch of many messages", () => {
    assert.ok(ratio(contents(batch(200, "random"))) > 0.95);
  });

  it("compresses to about a fifth if it is compressible", () => {
    const share = ratio(contents(batch(1_000, "compressible")));
    assert.ok(share > 0.1 && share < 0.3, String(share));
  });

  it("is random up to its share, and zero after it", () => {
    const values = batch(400, { random: 0.5 }, 100);
    for (const value of values) {
      assert.ok(value.subarray(200).every((byte) => byte === 0));
      assert.ok(value.subarray(MESSAGE_HEADER_BYTES, 200).some((byte) => byte !== 0));
    }
    const half = ratio(contents(values));
    assert.ok(half > 0.4 && half < 0.55, String(half));
    assert.ok(contents(batch(400, { random: 0 }, 10)).every((byte) => byte === 0));
    assert.ok(ratio(contents(batch(400, { random: 1 }, 100))) > 0.95);
  });

  it("repeats the bytes of a file", () => {
    const source = Buffer.from("abcdefg");
    const filled = contents(batch(60, { base64: source.toString("base64") }, 10)).toString();
    assert.equal(filled, "abcdefg".repeat(40).slice(0, filled.length));
  });

  it("is an error if its file has not been read", () => {
    assert.throws(() => payloadsOf(200, { file: "x" }, randomOf(1)), /has not been read/);
  });

  it("can be larger than the pool that it is cut from", () => {
    assert.equal(batch(10_000_000, "random", 1)[0]?.length, 10_000_000);
  });

  const sizes: MessageSize[] = [
    200,
    { uniform: [100, 300] },
    { lognormal: { median: 500, sigma: 0.5 } },
    {
      mix: [
        { bytes: 100, weight: 9 },
        { bytes: 1_000, weight: 1 },
      ],
    },
  ];
  for (const size of sizes) {
    it(`has the expected mean size for ${JSON.stringify(size)}`, () => {
      const lengths = batch(size, "random", 20_000).map(({ length }) => length);
      const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
      assert.ok(Math.abs(mean / meanBytes(size) - 1) < 0.03, `${mean} of ${meanBytes(size)}`);
      assert.ok(lengths.every((length) => length >= MESSAGE_HEADER_BYTES));
    });
  }
});

describe("keys", () => {
  const count = (keys: Parameters<typeof keysOf>[0], draws: number) => {
    const next = keysOf(keys, randomOf(1));
    const counts = new Map<string, number>();
    for (let draw = 0; draw < draws; draw += 1) {
      const key = String(next());
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };

  it("are none by default", () => assert.equal(keysOf("none", randomOf(1))(), undefined));
  it("are used in turn", () =>
    assert.deepEqual([...count({ roundRobin: 4 }, 40).values()], [10, 10, 10, 10]));
  it("are about equally frequent if they are uniform", () => {
    const counts = [...count({ uniform: 10 }, 10_000).values()];
    assert.ok(counts.length === 10 && counts.every((each) => each > 850 && each < 1_150), String(counts));
  });

  for (const exponent of [0.5, 1, 1.5]) {
    it(`have the frequencies of Zipf's law with exponent ${exponent}`, () => {
      const [ranks, draws] = [20, 100_000];
      const weights = Array.from({ length: ranks }, (_, index) => 1 / (index + 1) ** exponent);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const next = zipf(ranks, exponent, randomOf(5));
      const counts = new Array(ranks).fill(0);
      for (let draw = 0; draw < draws; draw += 1) counts[next() - 1] += 1;
      const chiSquare = weights.reduce((sum, weight, index) => {
        const expected = (draws * weight) / total;
        return sum + (counts[index] - expected) ** 2 / expected;
      }, 0);
      assert.ok(chiSquare < 43.8, `chi-square ${chiSquare}`); // 19 degrees of freedom: exceeded in 1 of 1000
    });
  }
});

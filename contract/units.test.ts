import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bitRate,
  cpuCount,
  duration,
  fraction,
  longDuration,
  shortDuration,
  memorySize as sizeOf,
  smallTime,
  wholeNumber,
  wholeSeconds,
  within,
  yesOrNo,
} from "./units.ts";

const memorySize = sizeOf(256, "a node");

interface Schema {
  safeParse(value: unknown): {
    success: boolean;
    data?: unknown;
    error?: { issues: { message: string }[] } | undefined;
  };
}

/** The parsed value, or the message of its only error. */
function read(schema: Schema, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const messages = error?.issues.map(({ message }) => message) ?? [];
  assert.equal(messages.length, 1, messages.join("\n"));
  return messages[0];
}

/** The parsed value, or the message of the first error. */
function readFirst(schema: Schema, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  return success ? data : error?.issues[0]?.message;
}

describe("a small time", () => {
  for (const [text, micros] of [
    ["100 microseconds", 100],
    ["1 nanosecond", 0.001],
    ["2.5 milliseconds", 2500],
    ["1 second", 1_000_000],
  ] as const) {
    it(`accepts ${text}`, () => assert.equal(read(smallTime, text), micros));
  }

  it("is not accepted in a unit that is too large", () => {
    assert.match(String(read(smallTime, "1 minute")), /such as "100 microseconds"/);
  });
});

describe("a memory size", () => {
  for (const [text, mib] of [
    ["512 MiB", 512],
    ["2 GiB", 2048],
    ["1.5 GiB", 1536],
    ["0.7 GiB", 717],
  ] as const) {
    it(`of ${text} is ${mib} MiB`, () => assert.equal(read(memorySize, text), mib));
  }

  for (const text of [
    "2GiB",
    "2 GB",
    "2 gib",
    "2  GiB",
    "-2 GiB",
    "0 GiB",
    "GiB",
    "2",
    "2 GiB of RAM",
    ".5 GiB",
  ]) {
    it(`is not accepted as "${text}", and the error quotes it and shows an example`, () => {
      assert.match(
        String(read(memorySize, text)),
        new RegExp(`one of MiB, GiB \\(such as "2 GiB"\\), got "${text}"$`),
      );
    });
  }

  it("is a text, not a number", () => {
    assert.equal(read(memorySize, 2048), 'expected a text such as "2 GiB"');
  });

  it("is never rounded to zero, which would mean no limit", () => {
    assert.notEqual(read(memorySize, "0.3 MiB"), 0);
  });
});

describe("a duration", () => {
  for (const [text, seconds] of [
    ["1 second", 1],
    ["90 seconds", 90],
    ["1 minute", 60],
    ["2.5 minutes", 150],
  ] as const) {
    it(`of ${text} is ${seconds} s`, () => assert.equal(read(duration, text), seconds));
  }

  for (const text of ["90", "90s", "90 sec", "1 hour", "0 seconds"]) {
    it(`is not accepted as "${text}"`, () =>
      assert.match(String(read(duration, text)), /^expected a number above zero/));
  }
});

describe("a long duration", () => {
  for (const [text, seconds] of [
    ["90 seconds", 90],
    ["2 minutes", 120],
    ["1 hour", 3_600],
    ["12 hours", 43_200],
    ["1 day", 86_400],
    ["1.5 days", 129_600],
  ] as const) {
    it(`of ${text} is ${seconds} s`, () => assert.equal(read(longDuration, text), seconds));
  }

  for (const text of ["30d", "30 day s", "1 week", "0 days", "-1 days"]) {
    it(`is not accepted as "${text}", and the error lists hours and days`, () => {
      assert.match(
        String(read(longDuration, text)),
        new RegExp(`one of .*hour, hours, day, days \\(such as "30 days"\\), got "${text}"$`),
      );
    });
  }
});

describe("a short duration", () => {
  for (const [text, ms] of [
    ["10 milliseconds", 10],
    ["500 microseconds", 0.5],
    ["1 microseconds", 0.001],
    ["1.5 seconds", 1500],
    ["1 second", 1000],
  ] as const) {
    it(`of ${text} is ${ms} ms`, () => assert.equal(read(shortDuration(2000), text), ms));
  }

  for (const text of ["10", "10 ms", "10ms", "0 milliseconds", "-1 milliseconds", "1 minute"]) {
    it(`is not accepted as "${text}", and the error lists the units`, () =>
      assert.match(
        String(read(shortDuration(2000), text)),
        new RegExp(
          `one of microseconds, milliseconds, second, seconds \\(such as "10 milliseconds"\\), got "${text}"$`,
        ),
      ));
  }

  for (const text of ["2.1 seconds", "0.5 microseconds"]) {
    it(`of ${text} is out of range, and the error has both limits`, () =>
      assert.equal(read(shortDuration(2000), text), "expected from 1 microsecond to 2000 milliseconds"));
  }
});

describe("a bit rate", () => {
  for (const [text, rate] of [
    ["100 Mbit/s", 100_000_000],
    ["1.5 Gbit/s", 1_500_000_000],
    ["2500 kbit/s", 2_500_000],
  ] as const) {
    it(`of ${text} is ${rate} bits per second`, () => assert.equal(read(bitRate(1e6, "a link"), text), rate));
  }

  for (const text of ["100", "100 Mbit", "100 MB/s", "100 Mbps", "100mbit", "0 Mbit/s"]) {
    it(`is not accepted as "${text}", and the error lists the units`, () =>
      assert.match(
        String(read(bitRate(1e6, "a link"), text)),
        new RegExp(`one of kbit/s, Mbit/s, Gbit/s \\(such as "100 Mbit/s"\\), got "${text}"$`),
      ));
  }

  it("is not more than any link has", () =>
    assert.equal(read(bitRate(1e6, "a link"), "1000 Gbit/s"), "expected at most 400 Gbit/s"));

  it("is not less than its minimum", () =>
    assert.equal(read(bitRate(1e6, "a link"), "999 kbit/s"), "a link needs at least 1 Mbit/s"));
});

describe("a fraction", () => {
  it("is read from a number or its text", () =>
    assert.deepEqual(
      [0.01, "0.01", 0, "0.5"].map((value) => read(fraction(0.5), value)),
      [0.01, 0.01, 0, 0.5],
    ));

  it("is not so small that it has no effect", () =>
    assert.match(String(read(fraction(0.5), 1e-9)), /at least 0\.000001: a smaller share has no effect/));

  for (const value of [0.6, "1", -0.1, "1%", "", " ", "one", null, true, Number.NaN]) {
    it(`is not ${JSON.stringify(value)}, and the error shows an example`, () =>
      assert.equal(read(fraction(0.5), value), "expected a fraction from 0 to 0.5 such as 0.01 (1 %)"));
  }
});

describe("a time in whole seconds", () => {
  const schema = wholeSeconds(within(longDuration, { least: [2, "2 seconds"], most: [86_400, "1 day"] }));
  for (const [text, result] of [
    ["90 seconds", 90],
    ["1.1 hours", 3_960],
    ["1.5 seconds", "expected at least 2 seconds"],
    ["2.5 seconds", 'expected whole seconds, such as "90 seconds"'],
    ["2 days", "expected at most 1 day"],
  ] as const) {
    it(`of ${text}: ${result}`, () => assert.equal(readFirst(schema, text), result));
  }
});

describe("a number of CPUs", () => {
  it("is read from a number or its text", () => {
    assert.deepEqual([read(cpuCount, 1.5), read(cpuCount, "1.5"), read(cpuCount, "2")], [1.5, 1.5, 2]);
  });

  for (const value of [0, "0", -1, "-0.5", 1e-12, "0.009", 1e9]) {
    it(`is not ${JSON.stringify(value)}`, () => {
      assert.equal(read(cpuCount, value), "expected 0.01 to 1024 CPUs");
    });
  }

  for (const value of ["", "two", "1.5 CPUs", true, null, [1], Number.NaN]) {
    it(`is not ${JSON.stringify(value)}, and the error shows an example`, () => {
      assert.equal(read(cpuCount, value), "expected a number of CPUs such as 1.5");
    });
  }
});

describe("a boolean", () => {
  it("is read from a number or its text", () => {
    assert.deepEqual(
      [true, "true", false, "false"].map((value) => read(yesOrNo, value)),
      [true, true, false, false],
    );
  });

  for (const value of ["yes", "True", "", 1, 0, null, []]) {
    it(`is not ${JSON.stringify(value)}`, () => {
      assert.equal(read(yesOrNo, value), "expected true or false");
    });
  }
});

describe("a whole number", () => {
  const between = wholeNumber(1, 50);

  it("is read from a number or its text", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (value) => {
        assert.equal(read(between, value), value);
        assert.equal(read(between, String(value)), value);
      }),
    );
  });

  for (const value of [
    0,
    51,
    -1,
    1.5,
    Number.NaN,
    "0",
    "51",
    "",
    " 3",
    "3.0",
    "three",
    "0x3",
    true,
    null,
    [3],
  ]) {
    it(`is not ${JSON.stringify(value)}, and the error has both limits`, () => {
      assert.equal(read(between, value), "expected a whole number from 1 to 50");
    });
  }
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { eventually } from "../../test/support/eventually.ts";
import { parseClockFault, withFault } from "../agent/clockFault.ts";
import { randomOf } from "../load/random.ts";
import { openWallClock } from "../wallClock.ts";
import { Exchange } from "./exchange.ts";
import { PeerClock } from "./findings.ts";
import { type Limits, offsetAt, offsetLine } from "./offsetBounds.ts";
import { answer, question, read } from "./packet.ts";

const SEC = 1e6;

/** Probes between two clocks, each with its own random delay in both directions. */
function probes({
  offsetUs = 0,
  driftPpm = 0,
  stepUs = 0,
  seconds = 20,
  perSec = 5,
  delayUs = 100,
  seed = 1,
}): Limits {
  const random = randomOf(seed);
  const peer = new PeerClock("peer");
  const wait = () => delayUs + 20 * delayUs * random() ** 4;
  const server = (us: number) =>
    us + offsetUs + (driftPpm * us) / 1e6 + (us > (seconds * SEC) / 2 ? stepUs : 0);
  for (let probe = 0; probe < seconds * perSec; probe += 1) {
    const t1 = (probe * SEC) / perSec;
    const arrivedUs = t1 + wait();
    const answeredUs = arrivedUs + 10;
    peer.take(t1, server(arrivedUs), server(answeredUs), answeredUs + wait());
  }
  return peer.findings();
}

describe("the offset of two clocks", () => {
  it("is within its bound, whatever the offset, the drift and the delays", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.integer({ min: -200, max: 200 }),
        fc.integer({ min: 20, max: 2_000 }),
        fc.nat(1_000),
        (offsetUs, driftPpm, delayUs, seed) => {
          const line = offsetLine(probes({ offsetUs, driftPpm, delayUs, seed }), 5 * SEC, 15 * SEC);
          assert.ok(line?.straight);
          for (const at of [5, 10, 15].map((sec) => sec * SEC)) {
            const error = Math.abs(offsetAt(line, at) - (offsetUs + (driftPpm * at) / 1e6));
            assert.ok(error <= line.boundUs + 1, `${error} of ${line.boundUs}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is known to about the smallest one-way delay", () => {
    const line = offsetLine(probes({ offsetUs: 50_000, delayUs: 100 }), 5 * SEC, 15 * SEC);
    assert.ok(line && line.boundUs < 200, `${line?.boundUs}`);
  });

  it("is within its bound after a visible clock step, small or large", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_500, max: 1_500 }), fc.nat(1_000), (stepUs, seed) => {
        const line = offsetLine(probes({ stepUs, delayUs: 100, seed }), 0, 20 * SEC);
        assert.ok(line);
        if (line.straight) return; // the probes' delays hide the step, so no exchange of timestamps can detect it
        for (const [at, offsetUs] of [
          [1, 0],
          [9, 0],
          [11.5, stepUs],
          [19, stepUs],
        ] as const) {
          const error = Math.abs(offsetAt(line, at * SEC) - offsetUs);
          assert.ok(error <= line.boundUs + 1, `${error} of ${line.boundUs} at ${at} s`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("finds a drift of 100 ppm", () => {
    const line = offsetLine(probes({ driftPpm: 100, delayUs: 50 }), 2 * SEC, 18 * SEC);
    assert.ok(line && Math.abs(line.driftPpm - 100) < 25, `${line?.driftPpm}`);
  });

  it("has a wider bound, and is not straight, after a clock step", () => {
    const line = offsetLine(probes({ stepUs: 20_000 }), 1 * SEC, 19 * SEC);
    assert.ok(line && !line.straight && line.boundUs > 5_000, JSON.stringify(line));
  });

  it("is unknown without an answer", () => {
    assert.equal(offsetLine({ upper: [], lower: [] }, 0, 1), undefined);
  });
});

describe("a datagram of the exchange", () => {
  it("comes back with all three times and the same length", () => {
    const packet = question(7, 1_000.5);
    const length = packet.length;
    const back = answer(packet, 2_000.25, () => 2_001);
    assert.deepEqual(read(back), { kind: "answer", number: 7, t1: 1_000.5, t2: 2_000.25, t3: 2_001 });
    assert.equal(back.length, length);
  });

  it("of another protocol is ignored", () => {
    assert.equal(read(Buffer.alloc(40)), undefined);
    assert.equal(read(Buffer.from("hello")), undefined);
  });
});

describe("an exchange over UDP", () => {
  const clock = openWallClock();
  const shifted = withFault(clock, parseClockFault("+50ms"));
  let here: Exchange;
  let there: Exchange;
  before(async () => {
    here = await Exchange.open(clock, 0);
    there = await Exchange.open(shifted, 0);
  });
  after(() => {
    here.close();
    there.close();
  });

  it("finds a clock that is 50 ms ahead, within its bound", async () => {
    const began = clock.nowUs();
    here.watch([{ name: "there", host: "127.0.0.1", port: there.port }]);
    await eventually(async () => assert.ok((here.findings()[0]?.answered ?? 0) > 10));
    const [findings] = here.findings();
    const line = findings && offsetLine(findings, began, clock.nowUs());
    assert.ok(line && Math.abs(line.offsetUs - 50_000) <= line.boundUs, JSON.stringify(line));
    assert.ok(line.boundUs < 10_000);
  });

  it("counts probes without an answer, and continues", async () => {
    const closed = await Exchange.open(clock, 0);
    const { port } = closed;
    closed.close();
    here.watch([{ name: "nobody", host: "127.0.0.1", port }]);
    await here.burst();
    const [findings] = here.findings();
    assert.ok(findings && findings.sent >= 20 && findings.answered === 0 && findings.minRttUs === null);
  });
});

describe("a clock with a deliberate fault", () => {
  it("is ahead by its shift and its drift, while its monotonic time stays correct", () => {
    let us = 1_000_000;
    const clock = {
      nowUs: () => us,
      resync: () => 0,
      steadyUs: () => us - 5,
      steadyAt: (wallUs: number) => wallUs - 5,
    };
    const wrong = withFault(clock, parseClockFault("-20ms,100ppm"));
    us += 10 * SEC;
    assert.equal(Math.round(wrong.nowUs()), 1_000_000 + 10 * SEC - 20_000 + 1_000);
    assert.ok(Math.abs(wrong.steadyAt(wrong.nowUs()) - wrong.steadyUs()) < 0.01);
  });

  it("is rejected if it cannot be parsed", () => {
    assert.throws(() => parseClockFault("a bit late"), /expected a value such as \+50ms or 100ppm/);
  });
});

describe("the monotonic time of a wall clock", () => {
  it("is correct for a time before a correction of the time of day", () => {
    let [mono, stepMs] = [0n, 0];
    const source = {
      monotonic: () => {
        mono += 1_000n; // each read takes 1 µs
        return mono;
      },
      date: () => 1_000 + stepMs + Math.floor(Number(mono) / 1e6),
    };
    const clock = openWallClock(source);
    const [then, steady] = [clock.nowUs(), clock.steadyUs()];
    stepMs = 30;
    assert.ok(Math.abs(clock.resync() - 30_000) < 2);
    assert.ok(Math.abs(clock.steadyAt(then) - steady) < 5, "before the correction");
    assert.ok(Math.abs(clock.steadyAt(clock.nowUs()) - clock.steadyUs()) < 5, "now");
  });
});

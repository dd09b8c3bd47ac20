import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openWallClock, type WallClock } from "../wallClock.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Pacer } from "./pacer.ts";
import { randomOf } from "./random.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

/** A clock that stands still until the test moves it, and a pacer on it. */
class FakeTime implements Pick<WallClock, "nowUs">, Pacer {
  now = 0;
  private wakeUp: { atUs: number; wake: () => void } | undefined;
  nowUs = () => this.now;
  wakeAt(atUs: number, wake: () => void): void {
    this.wakeUp = { atUs, wake };
  }
  close(): void {
    this.wakeUp = undefined;
  }
  /** Moves the time forward, wakes as a pacer does, and lets each next turn of the event loop run. */
  async to(us: number): Promise<void> {
    while (this.wakeUp && this.wakeUp.atUs <= us) {
      const { atUs, wake } = this.wakeUp;
      this.wakeUp = undefined;
      this.now = Math.max(this.now, atUs);
      wake();
      await new Promise(setImmediate);
    }
    this.now = Math.max(this.now, us);
  }
}
const every = (periodUs: number, phase = 0): Schedule => {
  let k = -1;
  return {
    next: () => {
      k += 1;
      return phase + k * periodUs;
    },
  };
};

describe("the dispatcher", () => {
  it("dispatches every message at its time, in the order of the times, with consecutive numbers", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    const sent: [string, number, number, number][] = [];
    dispatcher.add(every(100), (sequence, atUs) => sent.push(["a", sequence, atUs, time.now]));
    dispatcher.add(every(150, 50), (sequence, atUs) => sent.push(["b", sequence, atUs, time.now]));
    dispatcher.start(1_000);
    dispatcher.until(1_400);
    await time.to(3_000);
    assert.deepEqual(
      sent.map(([name, sequence, atUs]) => [name, sequence, atUs]),
      [
        ["a", 0, 1_000],
        ["b", 0, 1_050],
        ["a", 1, 1_100],
        ["a", 2, 1_200],
        ["b", 1, 1_200],
        ["a", 3, 1_300],
        ["b", 2, 1_350],
      ],
    );
    assert.ok(sent.every(([, , atUs, now]) => now === atUs));
    await dispatcher.done;
  });

  it("offers exactly what the schedules of 300 producers say", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    let count = 0;
    for (let producer = 0; producer < 300; producer += 1) {
      dispatcher.add(scheduleOf("constant", 10, randomOf(producer)), () => {
        count += 1;
      });
    }
    dispatcher.start(0);
    dispatcher.until(5_000_000);
    await time.to(5_000_000);
    assert.equal(count, 300 * 10 * 5);
  });

  it("makes no message wait for an earlier one, not even after a stall", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    const late: number[] = [];
    dispatcher.add(every(1_000), (_, atUs) => late.push(time.now - atUs));
    dispatcher.start(0);
    await time.to(1_500);
    time.now = 11_500; // nothing ran for 10 ms
    dispatcher.until(20_000);
    await time.to(20_000);
    assert.equal(late.length, 20, "no message is missing");
    assert.deepEqual(late.slice(2, 12), [9_500, 8_500, 7_500, 6_500, 5_500, 4_500, 3_500, 2_500, 1_500, 500]);
    assert.ok(late.slice(12).every((lag) => lag === 0));
  });

  it("returns the first time that is not dispatched yet, which shows whether a limit is set in time", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    dispatcher.add(every(1_000), () => {});
    dispatcher.start(0);
    await time.to(2_500);
    assert.equal(dispatcher.nextUs(), 3_000);
    assert.equal(dispatcher.until(2_000), 3_000);
    await dispatcher.done;
  });

  it("dispatches nothing at the limit itself, and nothing once it is stopped", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    const sent: number[] = [];
    dispatcher.add(every(1_000), (_, atUs) => sent.push(atUs));
    dispatcher.start(0);
    dispatcher.until(3_000);
    await time.to(1_000);
    dispatcher.stop();
    await time.to(10_000);
    assert.deepEqual(sent, [0, 1_000]);
    await dispatcher.done;
  });

  it("lets other work run between slices of overdue messages", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    let dispatched = 0;
    let between = 0;
    dispatcher.add(every(10), () => {
      dispatched += 1;
      time.now += 100; // each takes 0.1 ms
    });
    dispatcher.start(0);
    dispatcher.until(10_000);
    time.now = 10_000;
    const turn = () => {
      if (dispatched > 0 && dispatched < 1_000) between += 1;
      if (dispatched < 1_000) setImmediate(turn);
    };
    setImmediate(turn);
    await time.to(10_000);
    await dispatcher.done;
    assert.equal(dispatched, 1_000);
    assert.ok(between >= 10, `${between} turns`);
  });

  it("fails if a producer throws, which is a bug", async () => {
    const time = new FakeTime();
    const dispatcher = new Dispatcher(time, time);
    dispatcher.add(every(1_000), () => {
      throw new Error("error");
    });
    dispatcher.start(0);
    await time.to(1_000);
    await assert.rejects(dispatcher.done, /error/);
  });
});

describe("the wall clock", () => {
  /** A machine whose date is ahead of its monotonic clock, and where reading a clock takes time. */
  const source = (offsetUs: { us: number }, readUs = 0.05, gap = () => 0) => {
    let monotonicUs = 5_000_000;
    const pass = () => {
      monotonicUs += readUs + gap();
      return monotonicUs;
    };
    return {
      date: () => Math.floor((pass() + offsetUs.us) / 1_000),
      monotonic: () => BigInt(Math.round(pass() * 1_000)),
    };
  };

  it("has the time of day to a tenth of a microsecond, although dates are whole milliseconds", () => {
    const offset = { us: 1_700_000_000_000_123 };
    const real = source(offset);
    const clock = openWallClock(real);
    const before = Number(real.monotonic()) / 1_000 + offset.us;
    assert.ok(Math.abs(clock.nowUs() - before) < 0.5, String(clock.nowUs() - before));
  });

  it("is as exact if the thread often waits for a CPU", () => {
    const offset = { us: 1_700_000_000_000_123 };
    const random = randomOf(4);
    const real = source(offset, 0.05, () => (random() < 0.0005 ? 7_000 * random() : 0));
    const clock = openWallClock(real);
    const before = Number(real.monotonic()) / 1_000 + offset.us;
    assert.ok(Math.abs(clock.nowUs() - before) < 8_000);
    const errors = Array.from({ length: 50 }, () => {
      clock.resync();
      const [a, b] = [real.monotonic(), clock.nowUs()];
      return Math.abs(b - Number(a) / 1_000 - offset.us);
    });
    assert.ok(errors.filter((error) => error > 20).length <= 3, String(errors.filter((error) => error > 20)));
  });

  it("follows a date that was set by more than the current edge is wide", () => {
    const offset = { us: 1_700_000_000_000_000 };
    let slow = 0;
    const clock = openWallClock(source(offset, 0.05, () => slow));
    slow = 100; // each read of a clock takes 100 µs, so that every edge is wide
    assert.equal(clock.resync(), 0);
    offset.us += 1_440_000;
    assert.ok(Math.abs(clock.resync() - 1_440_000) < 500);
  });

  it("reports by how much the date was set", () => {
    const offset = { us: 1_700_000_000_000_000 };
    const clock = openWallClock(source(offset));
    offset.us += 300;
    assert.ok(Math.abs(clock.resync() - 300) < 1);
    assert.ok(Math.abs(clock.resync()) < 1);
  });
});

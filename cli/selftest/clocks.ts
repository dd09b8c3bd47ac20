// Bounds of the offset of two simulated clocks, whose true offset is known.

import { median } from "simple-statistics";
import { PeerClock } from "../../bench/exchange/findings.ts";
import { offsetAt, offsetLine, offsetWithin } from "../../bench/exchange/offsetBounds.ts";
import { type Random, randomOf } from "../../bench/load/random.ts";
import { exponential, normal } from "./random.ts";
import { atLeast, atMost, type Check, type Extent, type Row } from "./row.ts";

const CHECK = "clocks";
const SEC = 1e6;
const SECONDS = 30;
/** The measured time. */
const WINDOW = { fromUs: 5 * SEC, toUs: 25 * SEC };
const PROBE_EVERY_US = 1e5;
const LEAST_DELAY_US = 60;
const MEAN_QUEUE_US = 80;
const COVERAGE = 0.99;

/** The peer's clock minus this one, µs; `steppedUs` is the part of it that are steps. Times in µs. */
interface SimulatedClock {
  offsetUs(atUs: number): number;
  steppedUs(atUs: number): number;
}

/** A kind of clock, with random parameters. */
interface Kind {
  name: string;
  make(random: Random): SimulatedClock;
}

const noSteps = () => 0;

const KINDS: readonly Kind[] = [
  {
    name: "a step of 1 ms",
    make: (random) => {
      const stepAtUs = WINDOW.fromUs + random() * (WINDOW.toUs - WINDOW.fromUs);
      const steppedUs = (atUs: number) => (atUs >= stepAtUs ? 1_000 : 0);
      return { steppedUs, offsetUs: steppedUs };
    },
  },
  {
    name: "a PTP servo's sine of 50 µs over 8 s",
    make: (random) => {
      const phase = 2 * Math.PI * random();
      return {
        steppedUs: noSteps,
        offsetUs: (atUs) => 50 * Math.sin((2 * Math.PI * atUs) / (8 * SEC) + phase),
      };
    },
  },
  { name: "a random walk", make: randomWalk },
  {
    name: "a drift of up to 100 ppm",
    make: (random) => {
      const ppm = 200 * random() - 100;
      return { steppedUs: noSteps, offsetUs: (atUs) => (ppm * atUs) / SEC };
    },
  },
];

/** 5 µs (standard deviation) in each 50 ms, which is a rate of 100 ppm. */
function randomWalk(random: Random): SimulatedClock {
  const [everyUs, walk] = [5e4, [0]];
  for (let at = 0; at <= (SECONDS + 1) * SEC; at += everyUs)
    walk.push((walk.at(-1) ?? 0) + 5 * normal(random));
  return {
    steppedUs: noSteps,
    offsetUs: (atUs) => {
      const index = Math.floor(atUs / everyUs);
      const [before, after] = [walk[index] ?? 0, walk[index + 1] ?? 0];
      return before + (after - before) * (atUs / everyUs - index);
    },
  };
}

/** Exchanges probes with a simulated clock. */
function exchange(clock: SimulatedClock, random: Random): PeerClock {
  const peer = new PeerClock("peer");
  const delay = () => LEAST_DELAY_US + MEAN_QUEUE_US * exponential(random);
  for (let atUs = 0; atUs < SECONDS * SEC; atUs += PROBE_EVERY_US) {
    const arrivedUs = atUs + delay();
    const stamp = arrivedUs + clock.offsetUs(arrivedUs);
    const backUs = arrivedUs + delay();
    peer.take(
      { us: atUs, steppedUs: 0 },
      { t2: stamp, t3: stamp, steppedUs: clock.steppedUs(arrivedUs) },
      { us: backUs, steppedUs: 0 },
    );
  }
  return peer;
}

function coverage(kind: Kind, index: number, extent: Extent): Row {
  const [clocks, times] = [extent.quick ? 10 : 100, 200];
  let hits = 0;
  const widths: number[] = [];
  for (let number = 0; number < clocks; number += 1) {
    const random = randomOf(index, number);
    const clock = kind.make(random);
    const { cells } = exchange(clock, random).findings();
    const line = offsetLine(cells, WINDOW.fromUs, WINDOW.toUs);
    for (let time = 0; time < times; time += 1) {
      const atUs = WINDOW.fromUs + (time / times) * (WINDOW.toUs - WINDOW.fromUs);
      const [bounds, offsetUs] = [offsetWithin(cells, atUs, atUs), clock.offsetUs(atUs)];
      if (!bounds || !line) continue;
      widths.push((bounds.highUs - bounds.lowUs) / 2);
      const isOnLine = Math.abs(offsetUs - offsetAt(line, atUs)) <= line.boundUs;
      if (isOnLine && offsetUs >= bounds.lowUs && offsetUs <= bounds.highUs) hits += 1;
    }
  }
  const note = `median bound ± ${Math.round(median(widths))} µs`;
  return atLeast(CHECK, { ...extent, quick: false }, COVERAGE, {
    what: `${kind.name}: true offset within its bounds`,
    hits,
    trials: clocks * times,
    note,
  });
}

/** Offsets up to 1 ms: corrected only where that is more than twice the bound. */
function corrections(extent: Extent): Row {
  const trials = extent.quick ? 50 : 500;
  let [worse, corrected] = [0, 0];
  for (let number = 0; number < trials; number += 1) {
    const random = randomOf(9, number);
    const trueUs = 2_000 * random() - 1_000;
    const { cells } = exchange({ steppedUs: noSteps, offsetUs: () => trueUs }, random).findings();
    const { lowUs, highUs } = offsetWithin(cells, WINDOW.fromUs, WINDOW.toUs) ?? { lowUs: 0, highUs: 0 };
    const shiftUs = (lowUs + highUs) / 2;
    if (Math.abs(shiftUs) <= highUs - lowUs) continue;
    corrected += 1;
    if (Math.abs(shiftUs - trueUs) > Math.abs(trueUs)) worse += 1;
  }
  return atMost(CHECK, { ...extent, quick: false }, 0, {
    what: "corrections that make a latency worse",
    hits: worse,
    trials: corrected,
  });
}

/** Coverage of the clock bounds (bench/exchange/envelope.ts). */
export const clocks: Check = {
  name: CHECK,
  rows: (extent) => [...KINDS.map((kind, index) => coverage(kind, index, extent)), corrections(extent)],
};

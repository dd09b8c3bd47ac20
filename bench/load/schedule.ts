// The intended times of a logical producer's messages.
import { type Arrival, ratePerProducer, type Workload } from "../../contract/workload.ts";
import { type Random, randomOf } from "./random.ts";

/** The intended times of a producer's messages, one after the other. */
export interface Schedule {
  /** The next intended time, in µs after the start. It never decreases. */
  next(): number;
}

/** What the schedules of a step depend on. */
export interface ScheduledLoad {
  workload: Pick<Workload, "arrival" | "rate" | "totalRate" | "producers">;
  seed: number;
  step: number;
}

/**
 * The schedule of a logical producer. Its random numbers are used for nothing else, and depend on the producer's number, not on the
 * task that runs it. So the log check can compute it again, to know when a lost message was due.
 */
export function scheduleOfProducer({ workload, seed, step }: ScheduledLoad, producer: number): Schedule {
  return scheduleOf(workload.arrival, ratePerProducer(workload), randomOf(seed, step, producer));
}

/**
 * The schedule of one producer. Each has a random phase, so that producers do not send at the same time.
 *
 * For every arrival but `poisson`, times are computed from the message's number, so that rounding errors do not add up.
 *
 * @param ratePerSecond mean rate; for a ramp, the rate at its end
 */
export function scheduleOf(arrival: Arrival, ratePerSecond: number, random: Random): Schedule {
  const perUs = ratePerSecond / 1e6;
  const phase = random();
  if (arrival === "poisson") return poisson(perUs, random);
  if (arrival === "constant") return counted((k) => (k + phase) / perUs);
  if ("burst" in arrival) {
    const { size } = arrival.burst;
    return counted((k) => ((Math.floor(k / size) + phase) * size) / perUs);
  }
  const { from, over } = arrival.ramp;
  return counted((k) => rampedUs(k + phase, perUs, from, over * 1e6));
}

function counted(dueUs: (k: number) => number): Schedule {
  let k = 0;
  return {
    next: () => {
      const due = dueUs(k);
      k += 1;
      return due;
    },
  };
}

/** Exponential times between messages. A Poisson process is memoryless, so its first message needs no phase. */
function poisson(perUs: number, random: Random): Schedule {
  let due = 0;
  return {
    next: () => {
      due += -Math.log(1 - random()) / perUs;
      return due;
    },
  };
}

/**
 * The time at which this many messages have become due: the inverse of the integral of a rate that grows linearly from
 * `share` of itself to the full rate over `rampUs`, then stays.
 */
function rampedUs(messages: number, perUs: number, share: number, rampUs: number): number {
  const inRamp = (perUs * rampUs * (1 + share)) / 2;
  if (messages >= inRamp) return rampUs + (messages - inRamp) / perUs;
  const [start, growth] = [perUs * share, (perUs * (1 - share)) / rampUs];
  // The root of growth/2 t² + start t = messages, in the form that is also exact for a growth of zero.
  return (2 * messages) / (start + Math.sqrt(start * start + 2 * growth * messages));
}

// Whether the load generator was at its own limit. If so, a step says nothing about Kafka.
import type { Slo } from "../../contract/workload.ts";

/** The load of the busiest consumer task. */
export interface ConsumerLoad {
  /** Share of the time for which its main thread waited for a CPU (schedstat). */
  cpuWait: number;
  /** Event loop delay p99 of its seconds, ms: their median, so that one pause does not decide. */
  eventLoopDelayMs: number;
}

/** The metrics of the generator in the measured time of a step. null: unknown. */
export interface GeneratorLoad {
  /** From the intended time to the dispatch. The wait for the broker's answers is not included; it is part of the latency. */
  scheduleLagMsP99: number | null;
  /** CPUs used by the busiest task. */
  cpu: number | null;
  /** null: there are no consumers, or their load is unknown. */
  consumers: ConsumerLoad | null;
}

/** A limit that the generator has passed. */
export interface GeneratorExcess {
  place: "producers" | "consumers";
  value: number;
  limit: number;
  unit: "ms" | "CPUs" | "time";
  /** A sentence with the value and the limit. */
  reason: string;
}

/** With a lag above this share of the SLO's p99, the latency is that of the generator. */
const LAG_SHARE = 0.1;
/**
 * One thread of Node.js does the work of a task. Together with its helper threads, it is at its limit from about this many CPUs
 * (measured with kafkajs: 1.1 CPUs, with seconds of lag).
 */
const SATURATED_CPUS = 0.9;
/**
 * A consumer that waits for a CPU for half of the time or more receives messages late, regardless of the event loop delay. Waiting in
 * the run queue is saturation in the sense of Gregg's USE method; the threshold is this project's choice.
 */
const STARVED_WAIT = 0.5;

/** The limits that the producers have passed: they sent messages late, or a task used a whole CPU. */
export function producerExcess(load: GeneratorLoad, slo: Slo): GeneratorExcess[] {
  const { scheduleLagMsP99: lag, cpu } = load;
  const limitMs = LAG_SHARE * slo.p99Ms;
  const excess: GeneratorExcess[] = [];
  if (lag !== null && lag > limitMs) {
    const reason = `the generator was late: schedule lag p99 ${lag.toFixed(1)} ms, above a tenth of the SLO (${limitMs.toFixed(1)} ms)`;
    excess.push({ place: "producers", value: lag, limit: limitMs, unit: "ms", reason });
  }
  if (cpu !== null && cpu >= SATURATED_CPUS) {
    const reason = `the generator's busiest task used ${cpu.toFixed(2)} CPUs, and one thread cannot use much more`;
    excess.push({ place: "producers", value: cpu, limit: 1, unit: "CPUs", reason });
  }
  return excess;
}

/**
 * The limits that the consumers have passed: they received messages late because they themselves were short of CPU time. That
 * can only make latencies longer, so it matters where the SLO was missed.
 */
export function consumerExcess({ consumers }: GeneratorLoad, slo: Slo): GeneratorExcess[] {
  if (!consumers) return [];
  const { cpuWait, eventLoopDelayMs: delay } = consumers;
  const limitMs = LAG_SHARE * slo.p99Ms;
  const waited = `its main thread waited for a CPU for ${Math.round(100 * cpuWait)} % of the time`;
  if (delay > limitMs) {
    const reason = `a consumer was late itself: event loop delay p99 ${delay.toFixed(1)} ms, above a tenth of the SLO (${limitMs.toFixed(1)} ms); ${waited}`;
    return [{ place: "consumers", value: delay, limit: limitMs, unit: "ms", reason }];
  }
  if (cpuWait < STARVED_WAIT) return [];
  const reason = `a consumer was short of CPU time: ${waited}, at least ${100 * STARVED_WAIT} %`;
  return [{ place: "consumers", value: cpuWait, limit: STARVED_WAIT, unit: "time", reason }];
}

// The verdict on a step.
import type { StepVerdict } from "../../contract/verdicts.ts";
import type { Slo } from "../../contract/workload.ts";

/** Of a step's measured time. */
export interface StepMetrics {
  offered: number;
  delivered: number;
  lost: number;
  unsent: number;
  /** Sends that failed. */
  errors: number;
  p99Ms: number | null;
  steady: boolean;
  steadyReason: string;
  /** From the intended time to the hand-out; what waits for the broker's answers is not in it, but in the latency. */
  scheduleLagMsP99: number | null;
  /** CPUs of the busiest task. */
  cpu: number | null;
  /** Compiler threads at work in a broker, on average; null: not known. */
  brokersCompiling: number | null;
}

/** A schedule lag above this share of the SLO's p99 makes the latency a figure of the generator. */
const LAG_SHARE = 0.1;
/**
 * One thread of Node does the work of a task: with its helpers it is at its limit from about here on (kafkajs: 1.1 CPUs,
 * with seconds of lag).
 */
const SATURATED_CPUS = 0.9;

/**
 * More compiler threads at work than this, and a broker is slower than it will be, as in the first minutes after a start: that
 * its messages are late then says little of it (start-up against steady-state performance; Georges, Buytaert and Eeckhout,
 * "Statistically Rigorous Java Performance Evaluation", OOPSLA 2007). The number is ours.
 */
export const BUSY_COMPILERS = 0.2;

/**
 * `failed` goes before `generator-bound`, since a step without figures has no lag; `generator-bound` goes before all
 * that is said of the broker, and where the SLO is met as well: no knee may rest on such a step.
 *
 * @returns the verdict, and why, as sentences with both numbers
 */
export function evaluate(figures: StepMetrics, slo: Slo): { verdict: StepVerdict; reasons: string[] } {
  const failures = failureReasons(figures);
  if (failures.length > 0) return { verdict: "failed", reasons: failures };
  const bound = generatorReasons(figures, slo);
  const missed = sloReasons(figures, slo);
  const cold = missed.length === 1 && isLate(figures, slo) ? coldReasons(figures) : [];
  const unsteady = figures.steady ? [] : [`it did not become steady: ${figures.steadyReason}`];
  const verdict = (): StepVerdict => {
    if (bound.length > 0) return "generator-bound";
    if (missed.length > 0 && cold.length === 0) return "slo-missed";
    return figures.steady && cold.length === 0 ? "ok" : "not-steady";
  };
  return { verdict: verdict(), reasons: [...bound, ...missed, ...cold, ...unsteady] };
}

function failureReasons({ offered, delivered, errors }: StepMetrics): string[] {
  if (offered === 0) return ["no message was due in the measured time: raise the rate or the duration"];
  if (delivered > 0) return [];
  return [`none of ${offered} messages was delivered${errors > 0 ? `, ${errors} sends failed` : ""}`];
}

function generatorReasons({ scheduleLagMsP99: lag, cpu }: StepMetrics, slo: Slo): string[] {
  const limit = LAG_SHARE * slo.p99Ms;
  return [
    ...(lag !== null && lag > limit
      ? [
          `the generator was late: schedule lag p99 ${lag.toFixed(1)} ms, above a tenth of the SLO (${limit.toFixed(1)} ms)`,
        ]
      : []),
    ...(cpu !== null && cpu >= SATURATED_CPUS
      ? [`the generator's busiest task used ${cpu.toFixed(2)} CPUs, and one thread cannot use much more`]
      : []),
  ];
}

/** Of latencies alone: compilers make messages late, and lose none. */
function coldReasons({ brokersCompiling: threads }: StepMetrics): string[] {
  if (threads === null || threads <= BUSY_COMPILERS) return [];
  return [
    `the brokers' JIT compilers were busy (${threads.toFixed(2)} threads on average), as they are in the first minutes`,
  ];
}

const isLate = ({ p99Ms }: StepMetrics, slo: Slo) => p99Ms === null || p99Ms > slo.p99Ms;

function sloReasons(figures: StepMetrics, slo: Slo): string[] {
  const { p99Ms, offered, delivered, lost, unsent } = figures;
  const share = delivered / offered;
  const unsentText = unsent > 0 ? `, ${unsent} were not even sent in time` : "";
  return [
    ...(isLate(figures, slo)
      ? [`p99 latency ${p99Ms === null ? "unknown" : `${p99Ms.toFixed(1)} ms`}, above ${slo.p99Ms} ms`]
      : []),
    ...(share < slo.delivered
      ? [
          `${percent(share)} of ${offered} messages were delivered, less than ${percent(slo.delivered)}${unsentText}`,
        ]
      : []),
    ...(lost > slo.lost ? [`${lost} messages were lost, more than ${slo.lost}`] : []),
  ];
}

/** "p99 latency <= 100 ms, delivered >= 99.9 %, lost <= 0" */
export function sloText({ p99Ms, delivered, lost }: Slo): string {
  return `p99 latency <= ${p99Ms} ms, delivered >= ${percent(delivered)}, lost <= ${lost}`;
}

/** Rounded down, so that 99.99 % is not called 100 %. */
function percent(share: number): string {
  return `${Math.floor(share * 1e4 + 1e-9) / 100} %`;
}

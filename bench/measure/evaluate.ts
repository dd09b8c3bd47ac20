// The verdict of a step.
import type { StepVerdict } from "../../contract/verdicts.ts";
import type { Slo } from "../../contract/workload.ts";
import { consumerExcess, type GeneratorLoad, producerExcess } from "./generator.ts";

/** The metrics of a step's measured time that its verdict depends on. */
export interface StepMetrics extends GeneratorLoad {
  offered: number;
  delivered: number;
  lost: number;
  /** Acknowledged messages of the whole step that the log lacks; undefined: not checked. */
  missing?: number | undefined;
  /** Why the log could not be checked; undefined: it was, or it did not have to be. */
  logError?: string | undefined;
  /** Messages that were still under way, so that it is not known whether they will be delivered. */
  pending: number;
  unsent: number;
  /** Number of failed sends. */
  errors: number;
  /** Over all offered messages; null: beyond those that arrived, or not known. */
  p99Ms: number | null;
  /** Number of messages over which p99 ranks: those offered, once for each group. */
  ranked: number;
  /** Number of ranked messages that took longer than the SLO's p99, or did not arrive. */
  late: number;
  /** Length of the measured time. */
  durationSec: number;
  steady: boolean;
  /** Why the load was not steady. */
  steadyReason: string;
  /** Busy JIT compiler threads of the broker with the most, on average; null: unknown. */
  brokersJitThreads: number | null;
}

/**
 * With more busy JIT compiler threads than this, a broker is still slower than it will be, as in the first minutes after a
 * start, and late messages say little about it (start-up against steady-state performance: Georges, Buytaert and Eeckhout,
 * "Statistically Rigorous Java Performance Evaluation", OOPSLA 2007). The threshold itself is this project's choice.
 */
export const JIT_BUSY_THREADS = 0.2;

/**
 * The verdict of a step.
 *
 * `failed` comes before `generator-bound`, since a step without deliveries has no lag. `generator-bound` comes before all
 * verdicts about the broker, even if the SLO was met: no knee may be based on such a step. Consumers that were short of CPU time
 * make a step `generator-bound` only if it missed the SLO.
 *
 * @returns the verdict, and its reasons as sentences with the value and the limit
 */
export function evaluate(metrics: StepMetrics, slo: Slo): { verdict: StepVerdict; reasons: string[] } {
  const failures = failureReasons(metrics);
  if (failures.length > 0) return { verdict: "failed", reasons: failures };
  const bound = generatorReasons(metrics, slo);
  const missed = sloReasons(metrics, slo);
  const warmingUp = missed.length === 1 && isLate(metrics, slo) ? jitReasons(metrics) : [];
  const pending = pendingReasons(metrics);
  const unsteady = metrics.steady ? [] : [`it was not steady: ${metrics.steadyReason}`];
  const undecided = missed.length === 0 ? undecidedReasons(metrics) : [];
  const verdict = (): StepVerdict => {
    if (bound.length > 0) return "generator-bound";
    if (missed.length > 0 && warmingUp.length === 0) return "slo-missed";
    if (pending.length > 0) return "not-drained";
    if (!metrics.steady || warmingUp.length > 0) return "not-steady";
    return undecided.length > 0 ? "not-decidable" : "ok";
  };
  const reasons = [...bound, ...missed, ...pending, ...warmingUp, ...unsteady, ...undecided];
  return { verdict: verdict(), reasons };
}

function failureReasons({ offered, delivered, errors }: StepMetrics): string[] {
  if (offered === 0) return ["no message was due in the measured time: raise the rate or the duration"];
  if (delivered > 0) return [];
  return [`none of ${offered} messages was delivered${errors > 0 ? `, ${errors} sends failed` : ""}`];
}

/** A starved consumer only delays messages, so it counts only if the SLO was missed. */
function generatorReasons(metrics: StepMetrics, slo: Slo): string[] {
  const starved = sloReasons(metrics, slo).length > 0 ? consumerExcess(metrics, slo) : [];
  return [...producerExcess(metrics, slo), ...starved].map(({ reason }) => reason);
}

function pendingReasons({ pending, offered }: StepMetrics): string[] {
  if (pending === 0) return [];
  return [
    `${pending} of ${offered} messages were still under way at the end of the drain: raise benchmark.drain`,
  ];
}

/** Only for late messages: busy JIT compilers delay messages, but lose none. */
function jitReasons({ brokersJitThreads: threads }: StepMetrics): string[] {
  if (threads === null || threads <= JIT_BUSY_THREADS) return [];
  return [
    `the brokers' JIT compilers were busy (${threads.toFixed(2)} threads on average), as they are in the first minutes after a start`,
  ];
}

/** With this many messages, ten lie above the p99. Fewer cannot show that the SLO was met. */
const LEAST_MESSAGES = 1_000;
/** With fewer messages, the SLO is missed if that many late ones would have at most this probability with a p99 at its limit. */
const LATE_BY_CHANCE = 0.01;

function isLate({ p99Ms, ranked, late }: StepMetrics, slo: Slo): boolean {
  if (ranked >= LEAST_MESSAGES) return p99Ms === null || p99Ms > slo.p99Ms;
  return late > 0 && chanceOfAtLeast(late, ranked, 0.01) <= LATE_BY_CHANCE;
}

/** Probability of at least `count` events in `trials` (binomial distribution). */
function chanceOfAtLeast(count: number, trials: number, chance: number): number {
  let term = (1 - chance) ** trials;
  let below = 0;
  for (let events = 0; events < count; events += 1) {
    below += term;
    term *= ((trials - events) / (events + 1)) * (chance / (1 - chance));
  }
  return 1 - below;
}

function undecidedReasons({ ranked, durationSec, logError }: StepMetrics): string[] {
  const unchecked = logError === undefined ? [] : [`the log could not be checked: ${logError}`];
  if (ranked >= LEAST_MESSAGES) return unchecked;
  const seconds = Math.ceil((LEAST_MESSAGES * durationSec) / ranked);
  return [
    ...unchecked,
    `not decidable: needs ${LEAST_MESSAGES - ranked} more messages, set duration to ${seconds} seconds`,
  ];
}

function sloReasons(metrics: StepMetrics, slo: Slo): string[] {
  const { p99Ms, offered, delivered, lost, unsent, missing = 0 } = metrics;
  const reasons: string[] = [];
  if (isLate(metrics, slo)) {
    const { late, ranked } = metrics;
    const value =
      p99Ms === null ? `unknown (${late} of ${ranked} were late or missing)` : `${p99Ms.toFixed(1)} ms`;
    reasons.push(`p99 latency ${value}, above ${slo.p99Ms} ms`);
  }
  const share = delivered / offered;
  if (share < slo.delivered) {
    const unsentText = unsent > 0 ? `, ${unsent} were not even sent in time` : "";
    reasons.push(
      `${percent(share)} of ${offered} messages were delivered, less than ${percent(slo.delivered)}${unsentText}`,
    );
  }
  if (lost > slo.lost) reasons.push(`${lost} messages were lost, more than ${slo.lost}`);
  if (missing > slo.lost) {
    reasons.push(
      `${missing} messages of the step were acknowledged (with acks 0: sent) but are not in the log, more than ${slo.lost}`,
    );
  }
  return reasons;
}

/** The SLO in words: "p99 latency <= 100 ms, delivered >= 99.9 %, lost <= 0". */
export function sloText({ p99Ms, delivered, lost }: Slo): string {
  return `p99 latency <= ${p99Ms} ms, delivered >= ${percent(delivered)}, lost <= ${lost}`;
}

/** Rounded down, so that 99.99 % does not become 100 %. */
function percent(share: number): string {
  return `${Math.floor(share * 1e4 + 1e-9) / 100} %`;
}

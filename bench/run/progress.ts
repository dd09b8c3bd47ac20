// The progress lines of a run.
import { LATENCY_LABEL } from "../../contract/progress.ts";
import { isMeasured, type Step } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import type { MergedSecond } from "./timeline.ts";

/** "step 3 of 5", or "step 3 of 5 to 12" if a search decides how many there are. @param left the remaining steps */
export function stepText(step: number, left: { least: number; most: number }): string {
  const [least, most] = [step - 1 + Math.max(1, left.least), step - 1 + Math.max(1, left.most)];
  return least === most ? `step ${step} of ${most}` : `step ${step} of ${least} to ${most}`;
}

/** The result of a step of the preheat, without a verdict, because it is no evidence. */
export function preheatText(step: Step): string {
  if (!isMeasured(step)) return `failed: ${step.reasons.join("; ")}`;
  const { brokersJitThreads: threads, latencyMs } = step;
  const jit = typeof threads === "number" ? `, ${formatNumber(threads)} busy JIT compiler threads` : "";
  return `latency p50 ${formatNumber(latencyMs.p50)} ms, p99 ${formatNumber(latencyMs.p99)} ms${jit}`;
}

/** A duration: "40 s", "3 min". */
export function timeText(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

/** One second of a step in one line. */
export function secondText({ offered, delivered, latencyMs }: MergedSecond): string {
  return `offered ${offered}/s, delivered ${delivered}/s, ${LATENCY_LABEL} ${formatNumber(latencyMs.p50)} ms, p99 ${formatNumber(latencyMs.p99)} ms`;
}

/** The result of a step in one line. */
export function resultText(step: Step): string {
  if (!isMeasured(step)) return `${step.verdict}: ${step.reasons.join("; ")}`;
  const perSec = (count: number) => `${Math.round(count / step.durationSeconds)}/s`;
  const { p50, p99 } = step.latencyMs;
  const result = `${step.verdict}: offered ${perSec(step.offered)}, delivered ${perSec(step.delivered)}, latency p50 ${formatNumber(p50)} ms, p99 ${formatNumber(p99)} ms, lost ${step.lost}`;
  return meetsSlo(step) || step.reasons.length === 0 ? result : `${result}; ${step.reasons.join("; ")}`;
}

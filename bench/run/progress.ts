// The lines that a run shows to who waits for it: plain functions.
import { isMeasured, type Step } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import type { MergedSecond } from "./timeline.ts";

/** "3 of 5", "3 of 5 to 12" */
export function stepText(step: number, left: { least: number; most: number }): string {
  const [least, most] = [step - 1 + Math.max(1, left.least), step - 1 + Math.max(1, left.most)];
  return least === most ? `step ${step} of ${most}` : `step ${step} of ${least} to ${most}`;
}

/** "40 s", "3 min" */
export function timeText(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

export function secondText({ offered, delivered, latencyMs }: MergedSecond): string {
  return `offered ${offered}/s, delivered ${delivered}/s, latency p50 ${formatNumber(latencyMs.p50)} ms, p99 ${formatNumber(latencyMs.p99)} ms`;
}

export function resultText(step: Step): string {
  if (!isMeasured(step)) return `${step.verdict}: ${step.reasons.join("; ")}`;
  const perSec = (count: number) => `${Math.round(count / step.durationSeconds)}/s`;
  const { p50, p99 } = step.latencyMs;
  return [
    `${step.verdict}: offered ${perSec(step.offered)}, delivered ${perSec(step.delivered)}`,
    `latency p50 ${formatNumber(p50)} ms, p99 ${formatNumber(p99)} ms`,
    `lost ${step.lost}`,
    ...(meetsSlo(step) ? [] : step.reasons.slice(0, 1)),
  ].join(", ");
}

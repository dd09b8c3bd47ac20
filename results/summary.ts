import path from "node:path";
import type { BenchSummary } from "../contract/request.ts";
import { isMeasured, type Run, type Step } from "../contract/result.ts";
import { scaleSentence } from "../contract/scale.ts";
import { kneeSentence, otherKneeSentences } from "./sentences.ts";
import { perSec, receivedPerSec } from "./steps.ts";

/** The summary of a run for the outputs of the stack. */
export function summaryOf(run: Run, folder: string): BenchSummary {
  return {
    run: run.run,
    verdict: run.verdict,
    results: path.resolve(folder),
    knee: kneeSentence(run),
    otherKnees: run.otherKnees && otherKneeSentences(run),
    scale: scaleSentence(run.scale),
    steps: run.steps.map(summaryStep),
    warnings: run.warnings,
  };
}

function summaryStep(step: Step): BenchSummary["steps"][number] {
  const values = step.values as Record<string, number | string>;
  const { verdict } = step;
  if (!isMeasured(step))
    return {
      values,
      offeredPerSec: 0,
      deliveredPerSec: 0,
      receivedPerSec: null,
      p50Ms: null,
      p99Ms: null,
      lost: 0,
      verdict,
    };
  return {
    values,
    offeredPerSec: perSec(step.offered, step) ?? 0,
    deliveredPerSec: perSec(step.delivered, step) ?? 0,
    receivedPerSec: receivedPerSec(step),
    p50Ms: step.latencyMs.p50,
    p99Ms: step.latencyMs.p99,
    lost: step.lost,
    verdict,
  };
}

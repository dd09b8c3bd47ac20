import type { Distribution, MeasuredStep, Run } from "../../contract/result.ts";
import { pooledRun } from "../../results/compare/pool.ts";

/** How far five trials of the same are apart. */
const SPREAD = [0.97, 1.02, 1, 0.985, 1.025];

/** A run with five trials of each of its steps, whose latencies are a few percent apart, all of them `factor` times as long. */
export function replicated(run: Run, factor = 1): Run {
  const trials = SPREAD.map((spread) => ({
    ...run,
    steps: run.steps.map((step) => (step.state === "measured" ? scaledStep(step, factor * spread) : step)),
  }));
  return pooledRun(trials as [Run, ...Run[]]);
}

function scaledStep(step: MeasuredStep, factor: number): MeasuredStep {
  const { latencyMs, correctedLatencyMs } = step;
  return {
    ...step,
    latencyMs: scaled(latencyMs, factor),
    correctedLatencyMs: correctedLatencyMs && scaled(correctedLatencyMs, factor),
  };
}

function scaled(latency: Distribution, factor: number): Distribution {
  const times = (ms: number | null) => ms && ms * factor;
  return { ...latency, p50: times(latency.p50), p99: times(latency.p99) };
}

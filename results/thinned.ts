// Thins the seconds of long runs, so that charts and the live page stay fast.
import { isMeasured, type Run, type Second } from "../contract/result.ts";

/** More points than a chart has pixels add nothing. */
export const MOST_POINTS = 2_000;

/** Consecutive seconds as one: counts per second are means, latencies the worst of the seconds, the p50 their mean. */
export interface SecondsMerged extends Second {
  /** How many seconds it stands for. Absent: one. */
  span?: number;
}

/** How many seconds a point stands for. */
export const spanOf = (second: SecondsMerged) => second.span ?? 1;

/**
 * At most about `most` points for these seconds, in their order. Seconds within and outside of the measured time are not merged.
 * Thinning is idempotent, up to rounding.
 */
export function thinned(seconds: readonly SecondsMerged[], most = MOST_POINTS): SecondsMerged[] {
  if (seconds.length <= most) return [...seconds];
  const total = seconds.reduce((sum, second) => sum + spanOf(second), 0);
  const span = Math.ceil(total / most);
  const points: SecondsMerged[] = [];
  let group: SecondsMerged[] = [];
  let length = 0;
  for (const second of seconds) {
    const [first] = group;
    if (first && (length + spanOf(second) > span || first.measured !== second.measured)) {
      points.push(merged(group, length));
      [group, length] = [[], 0];
    }
    group.push(second);
    length += spanOf(second);
  }
  if (group.length > 0) points.push(merged(group, length));
  return points;
}

/** The run with thinned seconds; all other results stay. @param most points of all steps together */
export function withThinnedSeconds<R extends Pick<Run, "steps" | "preheat">>(run: R, most = MOST_POINTS): R {
  const all = [...(run.preheat ?? []), ...run.steps].filter(isMeasured);
  const total = all.reduce((sum, { seconds }) => sum + seconds.length, 0);
  if (total <= most) return run;
  const thin = (step: Run["steps"][number]) =>
    isMeasured(step)
      ? { ...step, seconds: thinned(step.seconds, Math.max(1, (most * step.seconds.length) / total)) }
      : step;
  return { ...run, steps: run.steps.map(thin), ...(run.preheat ? { preheat: run.preheat.map(thin) } : {}) };
}

function merged(group: readonly SecondsMerged[], span: number): SecondsMerged {
  const [first] = group as [SecondsMerged];
  if (group.length === 1) return first;
  const mean = (read: (second: Second) => number) =>
    Math.round(group.reduce((sum, second) => sum + read(second) * spanOf(second), 0) / span);
  const worst = (read: (second: Second) => number | null) => largest(group.map(read));
  const last = group.at(-1) as SecondsMerged;
  return {
    at: first.at,
    span,
    measured: first.measured,
    offered: mean(({ offered }) => offered),
    sent: mean(({ sent }) => sent),
    acked: mean(({ acked }) => acked),
    delivered: mean(({ delivered }) => delivered),
    bytes: mean(({ bytes }) => bytes),
    errors: Math.ceil(group.reduce((sum, { errors }) => sum + errors, 0) / span),
    late: mean(({ late }) => late),
    backlog: last.backlog,
    latencyMs: mergedLatency(group),
    generator: {
      scheduleLagMsP99: worst(({ generator }) => generator.scheduleLagMsP99),
      eventLoopDelayMsP99: worst(({ generator }) => generator.eventLoopDelayMsP99),
      cpu: worst(({ generator }) => generator.cpu),
      memoryMiB: worst(({ generator }) => generator.memoryMiB),
    },
  };
}

function mergedLatency(group: readonly SecondsMerged[]): Second["latencyMs"] {
  const all = group.map(({ latencyMs }) => latencyMs);
  const count = all.reduce((sum, each) => sum + each.count, 0);
  const weighted = (read: (each: Second["latencyMs"]) => number | null) => {
    const known = all.filter((each) => read(each) !== null && each.count > 0);
    const messages = known.reduce((sum, each) => sum + each.count, 0);
    return messages === 0
      ? null
      : known.reduce((sum, each) => sum + (read(each) as number) * each.count, 0) / messages;
  };
  const worst = (name: "p90" | "p99" | "p99.9" | "p99.99" | "max") => largest(all.map((each) => each[name]));
  return {
    ...(all[0] as Second["latencyMs"]),
    count,
    negative: all.reduce((sum, { negative }) => sum + negative, 0),
    mean: weighted(({ mean }) => mean),
    min: smallest(all.map(({ min }) => min)),
    p50: weighted(({ p50 }) => p50),
    p90: worst("p90"),
    p99: worst("p99"),
    "p99.9": worst("p99.9"),
    "p99.99": worst("p99.99"),
    max: worst("max"),
  };
}

function largest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (most, value) => (most === null || (value !== null && value > most) ? value : most),
    null,
  );
}

function smallest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (least, value) => (least === null || (value !== null && value < least) ? value : least),
    null,
  );
}

// Computes each method's accuracy from the lines that the nodes print.

/** One reading of a clock daemon. */
export interface Sample {
  method: string;
  state: string;
  offsetUs?: number;
  pathDelayUs?: number;
  /** Equal for two readings of the same measurement. */
  id?: string;
}

/** Parses a line of compare.sh; undefined for a keep-alive line. */
export function readSample(line: string): Sample | undefined {
  const [method = "", state, offset, delay, id] = line.trim().split(" ");
  if (!state) return undefined;
  if (offset === undefined || id === undefined) return { method, state };
  return { method, state, offsetUs: Number(offset), pathDelayUs: Number(delay), id };
}

/** The accuracy of one method on one node. Times in µs; undefined without samples. */
export interface Accuracy {
  node: string;
  method: string;
  /** The daemon's latest state. */
  state: string;
  samples: number;
  mean?: number;
  median?: number;
  /** 99th percentile of the absolute offsets. */
  p99?: number;
  /** Largest absolute offset. */
  max?: number;
  pathDelay?: number;
  /** Standard deviation of the offsets. */
  jitter?: number;
}

/** The accuracy of each method on one node, in the order of their first samples. */
export function accuracies(node: string, samples: readonly Sample[]): Accuracy[] {
  const methods = [...new Set(samples.map(({ method }) => method))];
  return methods.map((method) =>
    accuracy(
      node,
      method,
      samples.filter((sample) => sample.method === method),
    ),
  );
}

function accuracy(node: string, method: string, samples: readonly Sample[]): Accuracy {
  const seen = new Map(samples.flatMap((sample) => (sample.id === undefined ? [] : [[sample.id, sample]])));
  const offsets = [...seen.values()].map(({ offsetUs = 0 }) => offsetUs);
  const state = samples.at(-1)?.state ?? "DOWN";
  if (offsets.length === 0) return { node, method, state, samples: 0 };
  const mean = meanOf(offsets);
  const absolute = offsets.map(Math.abs);
  return {
    node,
    method,
    state,
    samples: offsets.length,
    mean,
    median: quantile(offsets, 0.5),
    p99: quantile(absolute, 0.99),
    max: Math.max(...absolute),
    pathDelay: meanOf([...seen.values()].map(({ pathDelayUs = 0 }) => pathDelayUs)),
    jitter: Math.sqrt(meanOf(offsets.map((offset) => (offset - mean) ** 2))),
  };
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The smallest value that is at least as large as this share of the values (nearest rank). */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

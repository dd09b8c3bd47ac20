// From the lines that nodes print to a table's figures.

export interface Sample {
  method: string;
  state: string;
  offsetUs?: number;
  pathDelayUs?: number;
  /** The same for one measurement that was looked at twice. */
  id?: string;
}

/** One line of compare.sh; none where it is a sign of life. */
export function readSample(line: string): Sample | undefined {
  const [method = "", state, offset, delay, id] = line.trim().split(" ");
  if (!state) return undefined;
  if (offset === undefined || id === undefined) return { method, state };
  return { method, state, offsetUs: Number(offset), pathDelayUs: Number(delay), id };
}

/** What one method found on one node, in µs. */
export interface Accuracy {
  node: string;
  method: string;
  /** The state it was in when it was last looked at. */
  state: string;
  samples: number;
  mean?: number;
  median?: number;
  /** 99th percentile of the offsets' sizes. */
  p99?: number;
  /** Largest size. */
  max?: number;
  pathDelay?: number;
  /** Standard deviation of the offsets. */
  jitter?: number;
}

/** Each method's figures on one node, in the order in which they came. */
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
  const sizes = offsets.map(Math.abs);
  return {
    node,
    method,
    state,
    samples: offsets.length,
    mean,
    median: quantile(offsets, 0.5),
    p99: quantile(sizes, 0.99),
    max: Math.max(...sizes),
    pathDelay: meanOf([...seen.values()].map(({ pathDelayUs = 0 }) => pathDelayUs)),
    jitter: Math.sqrt(meanOf(offsets.map((offset) => (offset - mean) ** 2))),
  };
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The smallest value that this share of the values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

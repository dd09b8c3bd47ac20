// The rows of the self-test's table.

/** How much is simulated. */
export interface Extent {
  /** Fewer simulations, and limits that allow for the sampling error of two standard errors. */
  quick: boolean;
}

/** One property, its measured value and its limit. */
export interface Row {
  check: string;
  what: string;
  measured: string;
  limit: string;
  /** null: printed without a limit. */
  pass: boolean | null;
}

/** One area of the statistics, with its rows. */
export interface Check {
  name: string;
  rows(extent: Extent): Row[];
}

interface Share {
  what: string;
  hits: number;
  trials: number;
  /** Follows the measured share. */
  note?: string;
}

/** A share that must be at least a limit. */
export function atLeast(check: string, { quick }: Extent, limit: number, share: Share): Row {
  const value = share.hits / share.trials;
  const least = limit - (quick ? samplingError(limit, share.trials) : 0);
  return {
    check,
    what: share.what,
    measured: shareText(share),
    limit: `≥ ${shown(least)}`,
    pass: value >= least,
  };
}

/** A share that must be at most a limit. */
export function atMost(check: string, { quick }: Extent, limit: number, share: Share): Row {
  const value = share.hits / share.trials;
  const most = limit + (quick ? samplingError(limit, share.trials) : 0);
  return {
    check,
    what: share.what,
    measured: shareText(share),
    limit: `≤ ${shown(most)}`,
    pass: value <= most,
  };
}

/** Two standard errors of a share. */
const samplingError = (share: number, trials: number) => 2 * Math.sqrt((share * (1 - share)) / trials);

const shareText = ({ hits, trials, note }: Share) =>
  `${shown(hits / trials)} of ${trials}${note ? `; ${note}` : ""}`;

const shown = (value: number) => String(Number(value.toFixed(3)));

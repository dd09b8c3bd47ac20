// The progress lines of a run, from the runner to the command that follows it.

/** Prefix of a status line. A terminal shows only the latest status line; all other lines stay. */
export const STATUS_PREFIX = "… ";

/** Text before the median latency of a second, by which a reader of progress lines finds those with a latency. */
export const LATENCY_LABEL = "latency p50";

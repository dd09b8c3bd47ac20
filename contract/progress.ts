// The progress lines of a run, from the runner to the command that follows it.

/** Prefix of a status line. A terminal shows only the latest status line; all other lines stay. */
export const STATUS_PREFIX = "… ";

// The progress lines of a run, from the runner to the command that follows it.

/** Start of a line that says what happens at the moment: the next such line replaces it. Every other line stays. */
export const STATUS_PREFIX = "… ";

/** An error for the user: what is wrong, and what to do next. */
export class Problem extends Error {
  override name = "Problem";

  constructor(
    message: string,
    /** The next thing to do, a sentence. */
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, " ").trim();
}

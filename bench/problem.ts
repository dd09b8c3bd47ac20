/** An error for the user: what is wrong, and what to do next. */
export class Problem extends Error {
  override name = "Problem";

  /** The next thing to do, a sentence. */
  readonly next: string;

  constructor(
    message: string,
    /** The next thing to do, a sentence. */
    next: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.next = next;
  }
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, " ").trim();
}

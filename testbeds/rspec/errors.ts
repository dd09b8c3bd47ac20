/** No error prints more lines than this: a broken file may have thousands of errors. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 80;

/** A error and where it is: `node` is absent if it is one of the whole file. */
export interface DocumentError {
  file: string;
  node?: string;
  text: string;
}

/** Has every error of all manifests. */
export class RspecError extends Error {
  readonly errors: DocumentError[];

  constructor(errors: DocumentError[]) {
    const count = errors.length === 1 ? "a error" : `${errors.length} errors`;
    const lines = errors.slice(0, MOST_LINES).map((error) => `  - ${line(error)}`);
    const rest = errors.length - lines.length;
    if (rest > 0) lines.push(`  - and ${rest} more`);
    super(`The testbed's RSpec has ${count}; nothing was changed:\n${lines.join("\n")}`);
    this.errors = errors;
  }
}

/** Formats a error as `file: node: what is wrong`. */
export function line({ file, node, text }: DocumentError): string {
  return [file, node, text].filter(Boolean).join(": ");
}

/**
 * A value of a file that is safe to print: quoted, cut, and without what a terminal would obey (control characters, and
 * characters that turn the direction of writing).
 */
export function shown(value: string): string {
  const cut = value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

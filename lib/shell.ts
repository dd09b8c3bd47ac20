/** Quotes a value as one word of a POSIX shell. Between single quotes, only the single quote itself is special. */
export function word(value: string | number): string {
  return `'${String(value).replaceAll("'", "'\\''")}'`;
}

/**
 * A POSIX script that starts by assigning its parameters, quoted, to variables, so that the body contains no values itself:
 * `script({ NAME: "a b" }, 'echo "$NAME"')`.
 */
export function script(parameters: Record<string, string | number>, body: string): string {
  const lines = Object.entries(parameters).map(([name, value]) => `${name}=${word(value)}`);
  return [...lines, "set -eu", body.trim(), ""].join("\n");
}

/** A {@link script} as one command line, for callers that cannot send it through standard input. */
export function commandLine(parameters: Record<string, string | number>, body: string): string {
  return `sh -c ${word(script(parameters, body))}`;
}

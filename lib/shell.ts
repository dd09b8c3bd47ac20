/** One word of a POSIX shell, whatever is in it: nothing is special between single quotes but the single quote. */
export function word(value: string | number): string {
  return `'${String(value).replaceAll("'", "'\\''")}'`;
}

/**
 * A POSIX script that starts with its parameters as quoted variables, so that the body holds no value of ours:
 * `script({ NAME: "a b" }, 'echo "$NAME"')`.
 */
export function script(parameters: Record<string, string | number>, body: string): string {
  const lines = Object.entries(parameters).map(([name, value]) => `${name}=${word(value)}`);
  return [...lines, "set -eu", body.trim(), ""].join("\n");
}

/** The same as one command line, for where a script cannot be sent through standard input. */
export function commandLine(parameters: Record<string, string | number>, body: string): string {
  return `sh -c ${word(script(parameters, body))}`;
}

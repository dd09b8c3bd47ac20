import { word } from "../../lib/shell.ts";
import { formatWalltime } from "../walltime.ts";
import { COMMAND, isNoop, type JobRequest } from "./request.ts";

const line = (...words: (string | number)[]) => words.map(word).join(" ");
/** A string literal of SQL. */
const sql = (text: string) => `'${text.replaceAll("'", "''")}'`;
/** A LIKE pattern for strings that begin with `text`. */
const sqlBeginning = (text: string) => sql(`${text.replaceAll(/[\\%_]/g, (special) => `\\${special}`)}%`);
const NOT_OVER = "state not in ('Error','Terminated')";

/** The command that submits a job. It writes no output files into the user's home. The job's command is one word, because oarsub splits it. */
export function oarsub(request: JobRequest): string {
  const option = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);
  return line(
    "oarsub",
    ...["-n", request.name, "-O", "/dev/null", "-E", "/dev/null"],
    ...request.types.flatMap((type) => ["-t", type]),
    ...option("-q", request.queue),
    ...option("--project", request.project),
    ...option("-p", request.properties),
    ...option("-r", request.start),
    ...["-l", `nodes=${request.nodes},walltime=${formatWalltime(request.walltimeSec)}`],
    ...(isNoop(request) ? [] : [COMMAND]),
  );
}

/** Shows one job. */
export function oarstatOf(id: number): string {
  return line("oarstat", "-f", "-J", "-j", id);
}

/** Lists a user's jobs that are not over and whose name begins with `base`. `oarstat -u` hides some, and cannot filter by name. */
export function oarstatNamed(user: string, base: string): string {
  const where = `job_user = ${sql(user)} and job_name like ${sqlBeginning(base)} and ${NOT_OVER}`;
  return line("oarstat", "-f", "-J", "--sql", where);
}

/** Shows a user's latest job of that name, over or not. */
export function oarstatLatest(user: string, name: string): string {
  const same = `job_user = ${sql(user)} and job_name = ${sql(name)}`;
  return line("oarstat", "-f", "-J", "--sql", `job_id = (select max(job_id) from jobs where ${same})`);
}

/** Lists the waiting jobs of a queue that are older than this one. */
export function oarstatAhead(queue: string, id: number): string {
  const where = `state = 'Waiting' and queue_name = ${sql(queue)} and job_id < ${id}`;
  return line("oarstat", "-J", "--sql", where);
}

/** Deletes a job. */
export function oardel(id: number): string {
  return line("oardel", id);
}

/** Extends a running job by a number of seconds. */
export function oarwalltime(id: number, bySec: number): string {
  return line("oarwalltime", id, `+${formatWalltime(bySec)}`);
}

/** Lists all resources with their states. */
export const OARNODES = line("oarnodes", "-J");

/** Prints the IPv4 addresses of host names as the frontend resolves them, one line `name address` each. */
export function resolve(names: readonly string[]): string {
  return `for name in ${names.map(word).join(" ")}; do getent ahostsv4 "$name" | { read -r ip _ && echo "$name $ip"; }; done; true`;
}

/**
 * Deploys an environment on a job's nodes, unless it is deployed already: a file on the frontend records it, because the
 * connection may break in between. The line `failed:` lists the nodes that failed. kadeploy3 installs the user's keys of the
 * frontend.
 */
export function kadeploy(job: number, environment: string, nodes: readonly string[]): string {
  const machines = nodes.flatMap((node) => ["-m", node]);
  return `done="$HOME/.cache/swarmbench/deployed/${job}"
[ "$(cat "$done" 2>/dev/null)" != ${word(environment)} ] || { echo "failed: "; exit 0; }
mkdir -p "$(dirname "$done")" && ko=$(mktemp) || exit 1
${line("kadeploy3", "-e", environment, ...machines, "-k", "-n")} "$ko" >&2; code=$?
failed=$(tr '\\n' ' ' < "$ko"); rm -f "$ko"; echo "failed: $failed"
[ "$code" -ne 0 ] || [ -n "$failed" ] || echo ${word(environment)} > "$done"
exit "$code"`;
}

const BEGIN = "swarmbench-begin";
const END = "swarmbench-end";

/**
 * Wraps a command for the frontend in a script that marks where its output begins (a login shell may print a greeting) and
 * prints its exit code (255 is ssh's code for a lost connection and oarsub's for a bad request) and the frontend's time.
 */
export function framed(command: string): string {
  return `LC_ALL=C; export LC_ALL
echo ${BEGIN}
( ${command}
) </dev/null
printf '\\n${END} %s %s\\n' "$?" "$(date +%s)"
`;
}

/** The output of a {@link framed} command. */
export interface Framed {
  code: number;
  /** The frontend's time, in seconds since 1970. */
  now: number;
  stdout: string;
}

/** Reads the output of a {@link framed} command; undefined if the command did not run to its end. */
export function unframed(stdout: string): Framed | undefined {
  const end = new RegExp(`\\n${END} (\\d{1,3}) (\\d{1,11})\\s*$`).exec(stdout);
  const begin = stdout.indexOf(`${BEGIN}\n`);
  if (!end || begin < 0) return undefined;
  const [, code, now] = end;
  return {
    code: Number(code),
    now: Number(now),
    stdout: stdout.slice(begin + BEGIN.length + 1, end.index),
  };
}

import { isStopping, Stopped, stop } from "./signals.ts";

const began = Date.now();
const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(0)} s`;
const QUIET_MS = 2_000;
const REPEAT_MS = 30_000;

/**
 * Does a part of the work and shows its progress, also beside other steps: a line after two seconds, one every half
 * minute, and one when it is done. Prints nothing for what is done at once.
 *
 * @param title what is done, such as "build the Pulumi CLI"
 * @param print takes the lines; standard output by default
 */
export async function step<T>(
  title: string,
  work: () => Promise<T>,
  print: (line: string) => void = console.log,
): Promise<T> {
  if (isStopping()) throw new Stopped(`not started: ${title}`);
  const start = Date.now();
  let shown = false;
  const show = () => {
    print(`  … ${title}${shown ? ` (${seconds(start)})` : ""}`);
    shown = true;
  };
  const first = setTimeout(show, QUIET_MS);
  const again = setInterval(() => shown && show(), REPEAT_MS);
  try {
    const result = await work();
    if (shown) print(`  ✓ ${title} (${seconds(start)})`);
    return result;
  } catch (error) {
    // Nothing new is begun after a failure, and what can be cut off is: nobody waits minutes for bad news.
    if (!isStopping()) stop();
    if (!(error instanceof Stopped)) print(`  ✗ ${title} (${seconds(start)})`);
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(again);
  }
}

/** Time since the program started, as text. */
export function elapsed(): string {
  return seconds(began);
}

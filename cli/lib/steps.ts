import { isStopping, Stopped, stop } from "./signals.ts";

const began = Date.now();
const secondsSince = (start: number) => `${((Date.now() - start) / 1000).toFixed(0)} s`;
const QUIET_MS = 2_000;
const REPEAT_MS = 30_000;

/**
 * Does a step of the work and shows its progress; steps may run at the same time. Prints a line after two seconds, one every
 * 30 seconds after that, and one at the end; nothing for a step that takes less than two seconds.
 *
 * @param title what the step does, such as "build the Pulumi CLI"
 * @param print called with each line; prints on standard output by default
 * @throws Stopped if this process is stopping, and what `work` throws; after a failure no new step starts
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
    print(`  … ${title}${shown ? ` (${secondsSince(start)})` : ""}`);
    shown = true;
  };
  const first = setTimeout(show, QUIET_MS);
  const repeated = setInterval(() => shown && show(), REPEAT_MS);
  try {
    const result = await work();
    if (shown) print(`  ✓ ${title} (${secondsSince(start)})`);
    return result;
  } catch (error) {
    // Stop the steps beside this one, so that the user does not wait minutes for the error.
    if (!isStopping()) stop();
    if (!(error instanceof Stopped)) print(`  ✗ ${title} (${secondsSince(start)})`);
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(repeated);
  }
}

/** The time since the program started, such as "12 s". */
export function elapsed(): string {
  return secondsSince(began);
}

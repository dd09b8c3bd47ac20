import { isStopping, Stopped, stop } from "./signals.mjs";

/**
 * Progress of steps that may run beside each other: a line when one has run for two seconds, more lines while it goes
 * on, and one when it is done. Nothing for what is done at once.
 */
const began = Date.now();
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;
const QUIET_MS = 2_000;
const REPEAT_MS = 30_000;

/**
 * @template T
 * @param {string} title what is being done, such as "build the Pulumi CLI"
 * @param {() => Promise<T>} work
 * @param {(line: string) => void} [print] where the lines go; standard output by default
 * @returns {Promise<T>}
 */
export async function step(title, work, print = console.log) {
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
export function elapsed() {
  return seconds(began);
}

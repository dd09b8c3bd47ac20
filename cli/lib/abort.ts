import "./signals.mjs"; // which ends the program at a second signal, and knows npm's echo of the first

/**
 * A signal that is aborted at Ctrl-C or SIGTERM, for work that ends in order. A second one ends the program at once.
 *
 * @param first called once, before the abort
 */
export function abortOnSignal(first: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) return;
      first();
      controller.abort();
    });
  }
  return controller.signal;
}

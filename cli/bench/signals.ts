import { EXIT } from "./exit.ts";

/** Ctrl-C, or `pulumi up` that is cancelled: what goes on is stopped in order. Once more: at once. */
export function stopOnSignal(say: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(EXIT.interrupted);
      say("stopping the run in order; once more: at once");
      stopping.abort();
    });
  }
  return stopping.signal;
}

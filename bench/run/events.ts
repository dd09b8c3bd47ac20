import type { RunEvent } from "../../contract/result.ts";

/** Takes what happens, as it happens. */
export type EventSink = (event: RunEvent) => void;

/**
 * Events as lines of standard output, where Docker keeps them until they have been fetched. Written at once and whole:
 * what is lost with a runner that dies is what has not happened yet.
 */
export const toStdout: EventSink = (event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

/** UTC. */
export function instant(): string {
  return new Date().toISOString();
}

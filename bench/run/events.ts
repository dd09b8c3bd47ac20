import type { RunEvent } from "../../contract/result.ts";

/** Receives the events of a run as they happen. */
export type EventSink = (event: RunEvent) => void;

/**
 * Writes each event as one line to standard output, where Docker keeps it until it is fetched. Lines are written at once, so
 * a runner that dies loses no event.
 */
export const toStdout: EventSink = (event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

/** The current time: UTC, ISO 8601. */
export function instant(): string {
  return new Date().toISOString();
}

// One line of a run's events.
import { eventSchema, type RunEvent } from "../../contract/result.ts";

/**
 * The event of a line, if it has one of these names; undefined for others, which are many and are not parsed, and for what is no
 * event: that is reported when the results are read.
 */
export function eventIn<N extends RunEvent["event"]>(
  line: string,
  names: readonly N[],
): Extract<RunEvent, { event: N }> | undefined {
  if (!names.some((name) => line.startsWith(`{"event":"${name}"`))) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line)).data as Extract<RunEvent, { event: N }> | undefined;
  } catch {
    return undefined;
  }
}

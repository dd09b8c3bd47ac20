import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import path from "node:path";
import type { MeasuredStep, RunEvent } from "../../contract/result.ts";
import { replayEvents } from "./replay.ts";

/**
 * Writes the event log of a soak as its runner writes it: every second, then the step with all seconds again.
 *
 * @param folder results folder of the run
 * @param length length of its only step, s
 * @param hasEnded false: the step is under way
 * @returns the event of the next second, and of those after it
 */
export async function writeSoak(
  folder: string,
  length: number,
  hasEnded: boolean,
): Promise<(later: number) => RunEvent> {
  mkdirSync(folder, { recursive: true });
  const file = createWriteStream(path.join(folder, "events.jsonl"));
  const write = async (event: RunEvent) => {
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, "drain");
  };
  const events = replayEvents("20251124T160000Z-soak-abcdef");
  const step = events.find(({ event }) => event === "step") as Extract<RunEvent, { event: "step" }>;
  const result = step.result as MeasuredStep;
  const [second] = result.seconds as [MeasuredStep["seconds"][number]];
  await write(events[0] as RunEvent);
  await write({ event: "step-started", at: step.at, step: 1, values: {} });
  const seconds = Array.from({ length }, (_, index) => ({ ...second, at: second.at + index }));
  for (const each of seconds) await write({ event: "second", step: 1, second: each });
  if (hasEnded) {
    await write({ ...step, result: { ...result, seconds } });
    await write(events.at(-1) as RunEvent);
  }
  file.end();
  await once(file, "finish");
  return (later) => ({ event: "second", step: 1, second: { ...second, at: second.at + length + later } });
}

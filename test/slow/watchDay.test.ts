// A day of events is followed within limits of time and memory. It needs no stack.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import type { MeasuredStep, RunEvent } from "../../contract/result.ts";
import { PROJECT } from "../support/recipes.ts";
import { replayEvents } from "../support/replay.ts";

const DAY_SEC = 86_400;
const MOST_MS = 5_000;
const MOST_MB = 500;
const FOLLOW = `
  const { FollowedRun } = await import("./results/followedRun.ts");
  const began = Date.now();
  const run = new FollowedRun(process.argv[1]);
  run.read();
  const bytes = JSON.stringify(run.snapshot()).length;
  console.log(JSON.stringify({ ms: Date.now() - began, mb: (process.resourceUsage().maxRSS * 1024) / 1e6, bytes }));
`;

describe("a day of events", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-day-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const hasEnded of [false, true]) {
    const state = hasEnded ? "has ended" : "is under way";
    it(`loads in ${MOST_MS / 1_000} s and ${MOST_MB} MB when the run ${state}`, async () => {
      await writeDay(hasEnded);
      const output = execFileSync(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", FOLLOW, folder],
        {
          cwd: PROJECT,
          encoding: "utf8",
        },
      );
      const { ms, mb, bytes } = JSON.parse(output) as { ms: number; mb: number; bytes: number };
      console.log(`${state}: ${ms} ms, ${Math.round(mb)} MB, ${Math.round(bytes / 1e3)} kB to the page`);
      assert.ok(ms < MOST_MS, `${ms} ms`);
      assert.ok(mb < MOST_MB, `${mb} MB`);
      assert.ok(bytes < 3e6, `${bytes} bytes`);
    });
  }

  /** A soak of a day as its runner writes it: every second, then the step with all seconds again. */
  async function writeDay(hasEnded: boolean): Promise<void> {
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
    const seconds = Array.from({ length: DAY_SEC }, (_, index) => ({ ...second, at: second.at + index }));
    for (const each of seconds) await write({ event: "second", step: 1, second: each });
    if (hasEnded) {
      await write({ ...step, result: { ...result, seconds } });
      await write(events.at(-1) as RunEvent);
    }
    file.end();
    await once(file, "finish");
  }
});

// A day of events is followed within limits of time and memory. It needs no stack.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { PROJECT } from "../support/recipes.ts";
import { writeSoak } from "../support/soak.ts";

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
      await writeSoak(folder, DAY_SEC, hasEnded);
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
});

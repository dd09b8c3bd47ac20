// Measures the live page of a long run in a real browser: its size, its time to first paint, and whether it stays smooth.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import type { CDPSession, Page } from "playwright-core";
import type { RunEvent } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { pageScript } from "../../results/page/script.ts";
import { openBrowser } from "../../test/support/chromium.ts";
import { replay } from "../../test/support/replay.ts";
import { writeSoak } from "../../test/support/soak.ts";
import { serve, type WatchServer } from "../watch/server.ts";
import { wholeNumber } from "./lib.ts";

const VIEWPORT = { width: 1_200, height: 1_080 };
/** Events that arrive while frames are counted, one a second. */
const FOLLOWED_SEC = 20;
/** Frames further apart than this count as jank, ms. */
const JANK_MS = 100;

/** The times between two frames, ms, while the page scrolls down and up. */
const COUNT_FRAMES = `(seconds) => new Promise((resolve) => {
  const gaps = [];
  const began = performance.now();
  let last = began;
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    const height = document.documentElement.scrollHeight - innerHeight;
    scrollTo(0, height * Math.abs(Math.sin((now - began) / 3000)));
    if (now - began < seconds * 1000) requestAnimationFrame(frame);
    else resolve(gaps.slice(1));
  };
  requestAnimationFrame(frame);
})`;

/** Prints the table. @throws Error if there is no Chromium */
export async function run(command: Command): Promise<undefined> {
  const minutes = wholeNumber(command, "minutes", command.opts<{ minutes: string }>().minutes);
  const browser = await openBrowser(); // first: without one, nothing is begun
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-watched-"));
  let server: WatchServer | undefined;
  try {
    const runFolder = path.join(folder, "20251124T160000Z-soak-abcdef");
    console.error(`writing a run of ${minutes} minutes, then following it for ${FOLLOWED_SEC} s …`);
    const nextEvent = await writeSoak(runFolder, minutes * 60, false);
    server = await serve({ folder, script: await pageScript() }, 0);
    const page = await browser.newPage({ viewport: VIEWPORT });
    const rows = await measure(page, server.url, runFolder, nextEvent);
    for (const [what, value] of rows) console.log(`${what.padEnd(58)}${value}`);
  } finally {
    await browser.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  page: Page,
  url: string,
  runFolder: string,
  nextEvent: (later: number) => RunEvent,
): Promise<[what: string, value: string][]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(url);
  await page.locator("#charts canvas").first().waitFor();
  const [bytes, paintMs, chartsMs] = await page.evaluate<[number, number, number]>(`(() => [
    performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
      .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    performance.now(),
  ])()`);
  const before = await metrics(session);
  const events = Array.from({ length: FOLLOWED_SEC }, (_, index) => nextEvent(index));
  const [gaps] = await Promise.all([
    page.evaluate<number[]>(`(${COUNT_FRAMES})(${FOLLOWED_SEC})`),
    replay(runFolder, events, 1_000),
  ]);
  const after = await metrics(session);
  const late = gaps.filter((ms) => ms > JANK_MS).length;
  return [
    ["size of the page and its script", `${formatNumber(bytes / 2 ** 20)} MiB`],
    ["first paint", `${formatNumber(paintMs)} ms`],
    ["first chart drawn", `${formatNumber(chartsMs)} ms`],
    ["memory of its scripts", `${formatNumber(after.JSHeapUsedSize / 2 ** 20)} MiB`],
    [
      "CPU time while it follows and scrolls",
      `${formatNumber((after.TaskDuration - before.TaskDuration) / FOLLOWED_SEC)} of a CPU`,
    ],
    ["frames a second, while it follows and scrolls", formatNumber(gaps.length / FOLLOWED_SEC)],
    [`frames later than ${JANK_MS} ms`, `${late} of ${gaps.length}`],
    ["longest time between two frames", `${formatNumber(Math.max(...gaps))} ms`],
  ];
}

async function metrics(session: CDPSession): Promise<{ JSHeapUsedSize: number; TaskDuration: number }> {
  const { metrics: named } = await session.send("Performance.getMetrics");
  const value = (wanted: string) => named.find(({ name }) => name === wanted)?.value ?? 0;
  return { JSHeapUsedSize: value("JSHeapUsedSize"), TaskDuration: value("TaskDuration") };
}

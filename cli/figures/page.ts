// Takes a screenshot of the live page of a run that is replayed up to a given point.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { pageScript } from "../../results/page/script.ts";
import { EVENTS } from "../../results/store.ts";
import { openBrowser } from "../../test/support/chromium.ts";
import { pathOption, shownPath, userPath } from "../lib/userPaths.ts";
import { serve } from "../watch/server.ts";

/** Size of the picture, pixels. */
const VIEWPORT = { width: 1_200, height: 1_080 };
/** Time for the charts to be drawn, ms. */
const DRAW_MS = 2_500;

/** Makes the picture. @throws Error if there is no Chromium, or the folder has no events */
export async function run(command: Command): Promise<undefined> {
  const { share } = command.opts<{ share: string }>();
  const out = pathOption(command, "out");
  const run = userPath(command.args[0] ?? "");
  const lines = readFileSync(path.join(run, EVENTS), "utf8").trimEnd().split("\n");
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-picture-"));
  const server = await serve({ folder, script: await pageScript() }, 0);
  try {
    const copy = path.join(folder, path.basename(run));
    await mkdir(copy);
    const shown = lines.slice(0, Math.round(lines.length * Number(share)));
    writeFileSync(path.join(copy, EVENTS), `${shown.join("\n")}\n`);
    await takeScreenshot(server.url, out);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
  console.log(shownPath(out));
}

async function takeScreenshot(url: string, out: string): Promise<void> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: VIEWPORT });
    await page.goto(url);
    await page.locator("#charts canvas").first().waitFor();
    await page.waitForTimeout(DRAW_MS);
    await page.screenshot({ path: out });
  } finally {
    await browser.close();
  }
}

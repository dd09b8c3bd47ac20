// The live page in a real Chromium: a run is followed to its end, and is then its report. It needs no stack.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { serve, type WatchServer } from "../../cli/watch/server.ts";
import type { RunEvent } from "../../contract/result.ts";
import { pageScript } from "../../results/page/script.ts";
import { readResults, writeResults } from "../../results/store.ts";
import { chromiumPath, INSTALL_CHROMIUM, openBrowser, recordMisdeeds } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { replay, replayEvents, writeEvents } from "../support/replay.ts";

const EARLIER = "20251124T150000Z-local-aaaaaa";
const RUN = "20251124T160000Z-local-bbbbbb";
const CRASHED = "20251124T140000Z-local-cccccc";
const RESUMED = "20251124T130000Z-local-dddddd";
/** What the margins of the printed page leave, in CSS pixels. */
const A4_LANDSCAPE = { width: 1_032, height: 703 };

interface Printed {
  charts: number;
  /** Charts of which nothing is seen. */
  hidden: string[];
  /** Tables that are wider than the page. */
  cut: string[];
  background: string;
}
const PRINTED = `(() => {
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  const isSeen = (element) => (element?.getBoundingClientRect().height ?? 0) > 50;
  const tables = [...document.querySelectorAll("table")];
  return {
    charts: figures.length,
    hidden: figures.filter((figure) => !isSeen(figure.querySelector("svg"))).map(({ dataset }) => dataset.chart),
    cut: tables.filter(({ offsetWidth }) => offsetWidth > innerWidth).map(({ textContent }) => textContent.slice(0, 60)),
    background: getComputedStyle(document.body).backgroundColor,
  };
})()`;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const skip = chromiumPath() === undefined && INSTALL_CHROMIUM;
if (skip) console.error(skip);

describe("the live page in Chromium", { skip }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-page-"));
  const events = replayEvents(RUN);
  const inStep5 = events.findIndex((event) => event.event === "second" && event.step === 5) + 6;
  let [browser, server, page]: [Browser?, WatchServer?, Page?] = [];

  before(async () => {
    writeEvents(path.join(folder, EARLIER), replayEvents(EARLIER));
    const crashed = replayEvents(CRASHED);
    writeEvents(path.join(folder, CRASHED), crashed.slice(0, 40));
    appendFileSync(path.join(folder, CRASHED, "events.jsonl"), '{"event":"second","st');
    writeEvents(path.join(folder, RUN), events.slice(0, inStep5));
    server = await serve({ folder, script: await pageScript() }, 0);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** Text of the page's main part, without drawings and what only scripts add. */
  const textOf = (shown: Page) =>
    shown.evaluate<string>(`(() => {
      const report = document.querySelector("#report") ?? document.querySelector("main");
      const copy = report.cloneNode(true);
      for (const extra of copy.querySelectorAll(".image, .chart, .values")) extra.remove();
      return copy.textContent.replace(/\\s+/g, " ").trim();
    })()`);
  const now = (shown: Page) => shown.locator("#now").innerText();
  /** The rows of a chart's table of values. */
  const valuesOf = async (shown: Page, name: string) => {
    const values = shown.locator(`figure[data-chart="${name}"] .values`);
    await values.evaluate((details) => details.removeAttribute("open"));
    await values.locator("summary").click();
    await values.locator("tbody tr").first().waitFor();
    return values.locator("tbody tr").allInnerTexts();
  };
  const faults = async (shown: Page) => {
    await shown.evaluate(await import("node:fs").then(({ readFileSync }) => readFileSync(AXE, "utf8")));
    const { violations } = (await shown.evaluate("axe.run()")) as {
      violations: { id: string; impact: string; nodes: { html: string }[] }[];
    };
    return violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  };

  it("follows a run, and survives a reload", async () => {
    page = (await browser?.newPage()) as Page;
    const misdeeds = recordMisdeeds(page, server?.url ?? "");
    await page.goto(server?.url ?? "");
    await eventually(async () => assert.match(await now(page as Page), /Step 5: producers 500/));
    assert.match(await textOf(page), /The run is under way: 4 of 4 steps so far met the SLO/);
    assert.deepEqual(await faults(page), []);
    await page.reload();
    await eventually(async () => assert.match(await now(page as Page), /Step 5: producers 500/));
    await replay(path.join(folder, RUN), events.slice(inStep5), 20);
    await eventually(async () =>
      assert.match((await page?.locator("#state").innerText()) ?? "", /ended: ok/),
    );
    assert.equal(await page.locator("#now").isVisible(), false);
    assert.deepEqual(misdeeds, { console: [], requests: [] });
  });

  it("has the values of the run in its charts", async () => {
    const rows = await valuesOf(page as Page, "latency");
    const run = readResults(path.join(folder, RUN));
    for (const step of run.steps) {
      assert.ok(step.state === "measured");
      const value = step.latencyMs.p99 as number;
      const text = value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
      assert.ok(
        rows.some((row) => row.replace(/\s+/g, " ") === `p99, steps ${step.producers} ${text}`),
        `${step.producers}: ${text} in\n${rows.join("\n")}`,
      );
    }
    assert.ok((await valuesOf(page as Page, "timeline")).length > 100);
  });

  it("is the report when the run has ended", async () => {
    const results = path.join(folder, RUN);
    await writeResults(results, readResults(results));
    const report = (await browser?.newPage()) as Page;
    const url = pathToFileURL(path.join(results, "report.html")).href;
    const misdeeds = recordMisdeeds(report, url);
    await report.goto(url);
    // The sections are the same; the file has line ends between them.
    const words = async (shown: Page) => (await textOf(shown)).replaceAll(" ", "");
    assert.ok((await words(page as Page)) === (await words(report)), "the texts differ");
    await report.locator("figure canvas").first().waitFor();
    assert.deepEqual(await valuesOf(report, "latency"), await valuesOf(page as Page, "latency"));
    for (const colorScheme of ["light", "dark"] as const) {
      await report.emulateMedia({ colorScheme });
      assert.deepEqual(await faults(report), [], colorScheme);
    }
    assert.deepEqual(misdeeds, { console: [], requests: [] });
    await report.close();
  });

  it("prints every chart and the whole of every table, whatever the theme of the screen", async () => {
    const printed = (await browser?.newPage({ viewport: A4_LANDSCAPE })) as Page;
    await printed.emulateMedia({ media: "print", colorScheme: "dark" });
    await printed.goto(pathToFileURL(path.join(folder, RUN, "report.html")).href);
    const { charts, hidden, cut, background } = await printed.evaluate<Printed>(PRINTED);
    assert.ok(charts > 3);
    assert.deepEqual([hidden, cut], [[], []]);
    assert.equal(background, "rgb(255, 255, 255)");
    const pdf = await printed.pdf({ preferCSSPageSize: true });
    assert.ok(pdf.subarray(0, 5).toString() === "%PDF-");
    await printed.close();
  });

  it("lays runs over each other that are selected with the keyboard", async () => {
    const shown = page as Page;
    await shown.locator(".runs summary").focus();
    await shown.keyboard.press("Enter");
    for (const name of [RUN, EARLIER]) {
      await shown.locator(`input[value="${name}"]`).focus();
      await shown.keyboard.press("Space");
    }
    await shown.getByRole("button", { name: "Compare the selected runs" }).press("Enter");
    await eventually(async () =>
      assert.match(await textOf(shown), /local and local.*Conditions that differ/),
    );
    await shown.locator('figure[data-chart="comparison"]').scrollIntoViewIfNeeded();
    await shown.locator('figure[data-chart="comparison"] canvas').first().waitFor();
    const lines = await valuesOf(shown, "comparison");
    assert.ok(lines.some((line) => line.startsWith("A: ")) && lines.some((line) => line.startsWith("B: ")));
    assert.deepEqual(await faults(shown), []);
  });

  it("shows of a run that crashed what there is, on a phone", async () => {
    const phone = (await browser?.newPage({ viewport: { width: 360, height: 740 } })) as Page;
    const misdeeds = recordMisdeeds(phone, server?.url ?? "");
    await phone.goto(`${server?.url}#run=${CRASHED}`);
    await eventually(async () => assert.match(await textOf(phone), /2: producers 50/));
    const width = await phone.evaluate<number>("document.documentElement.scrollWidth");
    assert.ok(width <= 360, `${width} pixels wide`);
    assert.deepEqual(misdeeds, { console: [], requests: [] });
    await phone.close();
  });

  it("goes on when a run that was interrupted is resumed by another runner", async () => {
    const resumed = replayEvents(RESUMED);
    const inStep3 = resumed.findIndex((event) => event.event === "second" && event.step === 3);
    const [begin] = resumed as [Extract<RunEvent, { event: "run" }>];
    const end = resumed.at(-1) as Extract<RunEvent, { event: "end" }>;
    const cut = { ...end, knee: null, verdict: "interrupted" as const, error: "it was stopped" };
    writeEvents(path.join(folder, RESUMED), [...resumed.slice(0, inStep3 + 2), cut]);
    const shown = (await browser?.newPage()) as Page;
    const misdeeds = recordMisdeeds(shown, server?.url ?? "");
    await shown.goto(`${server?.url}#run=${RESUMED}`);
    const state = () => shown.locator("#state").innerText();
    await eventually(async () => assert.match(await state(), /ended: interrupted/));
    const more = resumed.slice(inStep3);
    const again = { event: "step-started" as const, at: cut.at, step: 3, values: { producers: 100 } };
    writeEvents(path.join(folder, RESUMED), [{ ...begin, resumed: true }, again, ...more.slice(0, 5)]);
    await eventually(async () => assert.match(await now(shown), /Step 3: producers 100/));
    writeEvents(path.join(folder, RESUMED), more.slice(5));
    await eventually(async () => assert.match(await state(), /ended: ok/));
    assert.match(await textOf(shown), /resumed ?the run was resumed/);
    assert.deepEqual(misdeeds, { console: [], requests: [] });
    await shown.close();
  });

  it("goes on by itself when the server comes back", async () => {
    const shown = page as Page;
    const { port } = new URL(server?.url ?? "");
    await shown.goto(`${server?.url}#run=${RUN}`);
    await eventually(async () => assert.match(await shown.locator("#state").innerText(), /ended/));
    await server?.close();
    await eventually(async () => assert.match(await shown.locator("#state").innerText(), /connection lost/));
    server = await serve({ folder, script: await pageScript() }, Number(port));
    await eventually(async () => assert.match(await shown.locator("#state").innerText(), /ended/));
  });
});

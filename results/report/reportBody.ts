// The text of a report, for report.html and for the live page, which builds it in the browser.
import type { Run } from "../../contract/result.ts";
import { arrivalSentence } from "../arrivals.ts";
import { clockSentence } from "../clocks.ts";
import { LOAD_HEADS, LOAD_NOTES, loadRows } from "../loadCells.ts";
import { preheatSentence } from "../preheat.ts";
import { capitalize } from "../text.ts";
import { clockSection } from "./clockSection.ts";
import { conditionsSection } from "./conditionsSection.ts";
import { eventSection } from "./eventSection.ts";
import { faultSection } from "./faultSection.ts";
import { headline, keyMetrics } from "./headline.ts";
import { HOW_TO_READ } from "./howToRead.ts";
import { logCheckPart } from "./logCheckSection.ts";
import { networkSection } from "./networkSection.ts";
import { type Html, html, section, table } from "./page.ts";
import { resourceSection } from "./resourceSection.ts";
import { generatorTable, lossTable, stepReasons, stepsTable } from "./stepTables.ts";

/**
 * The sections of a report.
 *
 * @param figures its charts
 * @param isRunning whether the run is still under way
 */
export function reportBody(run: Run, figures: readonly Html[], isRunning = false): Html {
  return html`<main>${reportSections(run, isRunning).map(({ name, body }) =>
    section(name, name === "charts" ? html`${body}${figures}` : body),
  )}</main>`;
}

/** A section of a report: its name, and its content. That of `charts` is followed by the figures. */
export interface ReportSection {
  name: string;
  body: Html;
}

/** The sections of a report in their order. @param isRunning whether the run is still under way */
export function reportSections(run: Run, isRunning = false): ReportSection[] {
  const bodies: Record<string, Html | ""> = {
    summary: html`${headline(run, isRunning)}${keyMetrics(run)}
${run.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}`,
    charts: html`<h2>Charts</h2>`,
    events: eventSection(run),
    faults: faultSection(run),
    steps: stepsSection(run),
    messages: html`<h2>Messages</h2>
<p>What happened to the messages of each step:</p>
${lossTable(run)}
${logCheckPart(run)}`,
    clocks: html`<h2>Clocks</h2>
${clockSection(run)}`,
    generator: html`<h2>Load generator</h2>
<p>A load generator at its own limit would measure itself instead of the broker. The table shows how late it sent messages and what
it used:</p>
${generatorTable(run)}`,
    resources: resourceSection(run),
    network: networkSection(run),
    conditions: html`<h2>Conditions</h2>
${conditionsSection(run)}`,
    "how-to-read": HOW_TO_READ,
  };
  return Object.entries(bodies).flatMap(([name, body]) => (body === "" ? [] : [{ name, body }]));
}

function stepsSection(run: Run): Html {
  const texts = [arrivalSentence(run), preheatSentence(run), clockSentence(run)].flatMap((text) =>
    text ? [`${capitalize(text)}.`] : [],
  );
  return html`<h2>Steps</h2>
${stepsTable(run)}
<p class="faint">${texts.join(" ")}</p>
${stepReasons(run)}
<h3>By load</h3>
<p>All steps of the same load together:</p>
${table(LOAD_HEADS, loadRows(run))}
<p class="faint">${LOAD_NOTES.join(" ")}</p>`;
}

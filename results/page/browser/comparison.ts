import type { Run } from "../../../contract/result.ts";
import { compare } from "../../compare/comparison.ts";
import { comparisonBody } from "../../report/comparisonBody.ts";
import { html } from "../../report/page.ts";
import { ChartSet } from "./chartSet.ts";
import { fragment } from "./dom.ts";

/**
 * Shows runs overlaid: the page that `npm run compare` writes.
 *
 * @param names of the runs, the first of which the others are compared with
 * @returns its charts
 * @throws Error if a run cannot be fetched or compared
 */
export async function showComparison(names: readonly string[], parent: HTMLElement): Promise<ChartSet> {
  const runs = await Promise.all(names.map(fetchRun));
  const place = html`<section id="charts"><h2>Charts</h2></section>`;
  const body = fragment(comparisonBody(compare(runs), [place])).querySelector("main");
  parent.replaceChildren(...(body?.childNodes ?? []));
  const charts = new ChartSet("comparison", parent.querySelector("#charts") as HTMLElement);
  charts.show(runs);
  return charts;
}

async function fetchRun(name: string): Promise<Run> {
  const answer = await fetch(`/api/runs/${encodeURIComponent(name)}`);
  const document = (await answer.json()) as Run & { error?: string };
  if (!answer.ok) throw new Error(`${name}: ${document.error}`);
  return document;
}

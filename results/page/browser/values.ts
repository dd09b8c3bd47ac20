// The values of a chart as a table: for the keyboard, for screen readers, and to copy.
import { formatNumber } from "../../../contract/text.ts";
import type { ReadyChart } from "../../report/charts/list.ts";
import { html, table } from "../../report/page.ts";
import { fragment } from "./dom.ts";

/** More rows are not read; run.json has all. */
const MOST_ROWS = 400;

/** The values of a chart, in a part of the page that is closed at first, and filled when it opens. */
export function valuesOf(ready: () => ReadyChart): HTMLElement {
  const details = document.createElement("details");
  details.className = "values";
  const summary = document.createElement("summary");
  summary.textContent = "Values";
  details.append(summary);
  details.addEventListener("toggle", () => {
    while (summary.nextSibling) summary.nextSibling.remove();
    if (details.open) details.append(fragment(tableOf(ready())));
  });
  return details;
}

function tableOf(ready: ReadyChart) {
  const rows = [ready.option().series ?? []].flat().flatMap(rowsOf);
  const shown = rows.slice(0, MOST_ROWS);
  const more = rows.length - shown.length;
  return html`${table(["line", "x", "y"], shown)}${more > 0 ? html`<p class="faint">${more} more are in run.json.</p>` : ""}`;
}

function rowsOf(series: { name?: unknown; type?: unknown; data?: unknown }): string[][] {
  const { name, data } = series;
  if (typeof name !== "string" || !Array.isArray(data)) return [];
  const kind = series.type === "scatter" ? `${name}, steps` : name;
  return data.flatMap((entry, index) => {
    const value = (entry as { value?: unknown } | null)?.value ?? entry;
    const [x, y] = Array.isArray(value) ? value : [index + 1, value];
    if (typeof y !== "number") return [];
    return [[kind, formatNumber(Number(x)), formatNumber(y)]];
  });
}

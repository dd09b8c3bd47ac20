// The strip at the top of a run that is under way: the last second, the step, the time that is left.
import { formatNumber, valuesText } from "../../../contract/text.ts";
import type { ShownRun } from "../../report/charts/chart.ts";
import { html } from "../../report/page.ts";
import { fragment } from "./dom.ts";

/** The tiles of the strip. @param left the estimate of the rest of the run, and when it was made */
export function nowTiles(
  { current }: ShownRun,
  left: { leastSec: number; mostSec: number; atMs: number } | undefined,
): DocumentFragment {
  const last = current?.seconds.at(-1);
  const title = current ? `Step ${current.step}: ${valuesText(current.values)}` : "Between two steps";
  const phase = !current ? "" : !last ? "starting" : last.measured ? "measuring" : "warming up or draining";
  const ms = (value: number | null | undefined) =>
    typeof value === "number" ? `${formatNumber(value)} ms` : "-";
  const tiles: [string, string][] = [
    [leftText(left), "left"],
    [perSec(last?.offered), "offered"],
    [perSec(last?.delivered), "received"],
    [ms(last?.latencyMs.p50), "p50 latency"],
    [ms(last?.latencyMs.p99), "p99 latency"],
    [formatNumber(last?.backlog), "not yet received"],
    [formatNumber(last?.generator.cpu), "CPUs, busiest agent"],
  ];
  return fragment(html`<h2>${title}</h2><p class="faint">${phase}</p>
<div class="figures">${tiles.map(([value, what]) => html`<div><b>${value}</b>${what}</div>`)}</div>`);
}

function perSec(count: number | undefined): string {
  return count === undefined ? "-" : `${formatNumber(count)}/s`;
}

function leftText(left: { leastSec: number; mostSec: number; atMs: number } | undefined): string {
  if (!left) return "-";
  const passed = (Date.now() - left.atMs) / 1_000;
  const [least, most] = [left.leastSec, left.mostSec].map((seconds) => Math.max(0, seconds - passed));
  const [low, high] = [durationText(least ?? 0), durationText(most ?? 0)];
  return low === high ? low : `${low} to ${high}`;
}

function durationText(seconds: number): string {
  if (seconds < 60) return "< 1 min";
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${formatNumber(seconds / 3_600)} h`;
}

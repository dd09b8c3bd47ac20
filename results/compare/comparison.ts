// compare.html: runs side by side.
import type { Run } from "../../contract/result.ts";
import { figure, variableText } from "../../contract/text.ts";
import { type Chart, drawn } from "../report/charts.ts";
import { axis, BAD, scaleOf } from "../report/draw.ts";
import { networkDifference } from "../report/networkFigures.ts";
import { capital, figureOf, type Html, html, page, table } from "../report/page.ts";
import { kneeSentence, sloSentence } from "../report/table.ts";
import { curvesOf } from "../series.ts";
import { type Attribution, attributions } from "./attribution.ts";
import {
  type ConditionDifference,
  conditionDifferences,
  type Difference,
  delayDifferences,
  kneeDifference,
  obstacles,
  p99Points,
} from "./difference.ts";
import { cautions, type TestbedRow, testbedRows, testbedsTable, testbedsText } from "./testbeds.ts";

export interface Comparison {
  runs: Run[];
  /** Why they ought not to be compared. */
  obstacles: string[];
  conditions: ConditionDifference[];
  testbeds: TestbedRow[];
  /** Why a difference may be another one's than the network's. */
  cautions: string[];
  /** Of the first run against each other one. */
  differences: {
    run: Run;
    knee: Difference | undefined;
    delays: Difference[];
    network?: Difference | undefined;
    /** Of each delay that differs: whether it is the network's. */
    attributions: Attribution[];
  }[];
}

/** @param runs two at least; the first is what the others are compared with */
export function compare(runs: Run[]): Comparison {
  const [first, ...others] = runs;
  if (!first || others.length === 0) throw new Error("a comparison needs two runs at least");
  return {
    runs,
    obstacles: obstacles(runs),
    conditions: conditionDifferences(runs),
    testbeds: testbedRows(runs),
    cautions: cautions(runs),
    differences: others.map((run) => ({
      run,
      knee: kneeDifference(first, run),
      delays: delayDifferences(first, run),
      network: networkDifference(first, run),
      attributions: attributions(first, run),
    })),
  };
}

const mark = ({ real, text }: Difference) => `${real ? "differs" : "within noise"}: ${text}`;

/** For the terminal. */
export function comparisonText(comparison: Comparison): string {
  const { runs, obstacles: why, conditions, differences, testbeds } = comparison;
  return [
    ...[...why, ...comparison.cautions].map((text) => `warning: ${text}`),
    ...runs.map((run, index) => `${letter(index)}  ${run.run}\n   ${kneeSentence(run)}`),
    testbedsText(
      testbeds,
      runs.map((_, index) => letter(index)),
    ),
    "",
    "conditions that differ:",
    ...conditions.map(({ what, values }) => `  ${what}: ${values.join(" | ")}`),
    ...(conditions.length === 0 ? ["  none"] : []),
    ...differences.flatMap(({ knee, delays, network, attributions: found }, index) => [
      "",
      `A against ${letter(index + 1)}:`,
      ...[...(knee ? [knee] : []), ...delays].map((difference) => `  ${mark(difference)}`),
      ...(!knee && delays.length === 0 ? ["  they have no value in common"] : []),
      ...(network ? [`  ${mark(network)}`] : []),
      ...(found.length > 0 ? ["  which of it is the network's:"] : []),
      ...found.map(({ text }) => `    ${text}`),
    ]),
  ].join("\n");
}

const letter = (index: number) => String.fromCharCode(65 + index);

export function comparisonPage(comparison: Comparison): string {
  const { runs, obstacles: why, conditions, differences, testbeds } = comparison;
  return page(
    `comparison of ${runs.length} runs`,
    html`<h1>${runs.map(({ scenario }) => scenario).join(" against ")}</h1>
${why.map((obstacle) => html`<p class="warning">Forced: ${obstacle}</p>`)}
${comparison.cautions.map((text) => html`<p class="warning">${capital(text)}.</p>`)}
<h2>Where they were made</h2>
${testbedsTable(
  testbeds,
  runs.map((_, index) => letter(index)),
)}
<h2>Knees</h2>
${kneeTable(runs)}
<h2>Differences</h2>
${differences.map(
  ({ run, knee, delays, network, attributions: found }, index) =>
    html`<h3>A against ${letter(index + 1)} (${run.run})</h3>${[
      ...(knee ? [knee] : []),
      ...delays,
      ...(network ? [network] : []),
    ].map(
      (difference) => html`<p><b>${difference.real ? "Differs" : "Within noise"}</b>: ${difference.text}</p>`,
    )}${attributionList(found)}`,
)}
<p class="faint">Knees differ where their intervals have nothing in common. Delays differ where the p99 of the measured
seconds do by a rank test (Mann and Whitney, p below 0.01) and by more than 10 %. Steps at which the generator was at its
own limit are left out.</p>
${chartOf(runs).map(figureOf)}
<h2>Conditions that differ</h2>
<div class="left">${table(
      ["what", ...runs.map((_, index) => letter(index))],
      conditions.map(({ what, values }) => [what, ...values]),
    )}</div>`,
  );
}

function attributionList(found: readonly Attribution[]): Html | "" {
  if (found.length === 0) return "";
  return html`<h3>Which of it is the network's</h3>
<ul>${found.map(({ text }) => html`<li>${text}</li>`)}</ul>
<p class="faint">Delays as corrected for the clocks, p50 and p99 of a second. The network's share of a p50 is half of the round
trips on a message's way, during the load; of a p99 it is between that and the worst pair's p99 round trip. A difference is the
network's where the shares differ by 75 to 125 % of it, whatever the clocks and the round trips may be within what is known of
them; not the network's below 25 %, with the round trips that requests wait for. What round trips show under load alone is not
called the network's: queues and waiting for CPUs hide in them.</p>`;
}

function kneeTable(runs: readonly Run[]): Html {
  return table(
    ["run", "knee", "interval", "verdict", "SLO"],
    runs.map((run, index) => {
      const { knee, verdict } = run;
      const [low, high] = knee?.interval ?? [null, null];
      return [
        `${letter(index)}: ${run.run}`,
        knee ? `${figure(knee.value)} ${knee.variable}` : "none",
        knee ? `${figure(low)} to ${high === null ? "above" : figure(high)}` : "-",
        verdict,
        sloSentence(run),
      ];
    }),
  );
}

function chartOf(runs: readonly Run[]): Chart[] {
  const [first] = runs;
  const variable = first && curvesOf(first).variable;
  if (!first || variable === undefined) return [];
  const series = runs.map((run, index) => ({
    type: "line" as const,
    name: `${letter(index)}: ${run.scenario}`,
    symbolSize: 8,
    data: p99Points(run, variable).sort(([a], [b]) => a - b),
  }));
  const points = series.flatMap(({ data }) => data);
  if (points.length === 0) return [];
  const slo = {
    yAxis: first.slo.p99Ms,
    lineStyle: { color: BAD, type: "dashed" as const },
    label: { formatter: `SLO ${first.slo.p99Ms} ms`, position: "insideStartTop" as const, color: BAD },
  };
  return [
    drawn({
      name: "comparison",
      title: `p99 delay against ${variable}`,
      caption: "Steps at which the generator was at its own limit are left out.",
      option: {
        xAxis: axis(variableText(variable), scaleOf(points.map(([value]) => value))),
        yAxis: axis("p99 delay, ms", scaleOf([...points.map(([, ms]) => ms), first.slo.p99Ms])),
        series: [
          ...series,
          { type: "line", data: [], silent: true, markLine: { symbol: "none", data: [slo] } },
        ],
      },
    }),
  ];
}

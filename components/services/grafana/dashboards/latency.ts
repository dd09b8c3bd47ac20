import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { type Field, fieldOf } from "../../../../contract/measurements.ts";
import { VERDICTS } from "../../../../contract/verdicts.ts";
import { build, DASHBOARDS, type Row } from "./dashboard.ts";
import * as queries from "./latencyQueries.ts";
import { type Colour, curvePanel, FIELD, numberPanel, tablePanel, tag, timePanel } from "./panels.ts";
import { chooseOne } from "./variables.ts";

const PERCENTILE_COLOURS = { p50: "blue", p90: "green", p99: "orange", p999: "red", max: "purple" } as const;
const VERDICT_COLOURS: Readonly<Record<string, Colour>> = Object.fromEntries(
  Object.entries(VERDICTS).map(([name, { colour }]) => [name, colour]),
);
/** Green at 0, red from the first message on. */
const NONE_IS_GOOD = [
  { from: null, colour: "green" },
  { from: 1, colour: "red" },
] as const;

/** The dashboard of a run: its latency, load, steps, faults and load generator. */
export function latencyDashboard(): dashboard.Dashboard {
  return build(
    "latency",
    "End-to-end latency, from the time a message is due until a consumer has it, and the load at which it stops meeting the SLO.",
    [chooseOne("run", "Run", queries.runNames)],
    [verdict(), overTime(), bySteps(), faults(), generator(), finishedRuns()],
  );
}

function verdict(): Row {
  const number = { width: 4, height: 4 };
  return {
    title: "Result",
    panels: [
      numberPanel({
        ...number,
        title: "Verdict",
        description: "Look for generator-bound: such a run says nothing about the broker.",
        unit: "string",
        query: queries.runResult("verdict"),
        noValue: "not yet",
        texts: VERDICT_COLOURS,
      }),
      numberPanel({
        ...number,
        title: "Knee",
        description: "The largest load that met the SLO.",
        unit: "short",
        query: queries.runResult("knee"),
        noValue: "not found",
      }),
      numberPanel({
        ...number,
        title: "SLO",
        description: "The limit for p99 latency, dashed in the graphs.",
        unit: "ms",
        query: queries.slo,
        noValue: "no run",
      }),
      ...(["lost", "duplicated", "reordered"] as const).map((field) =>
        numberPanel({
          ...number,
          title: `${field[0]?.toUpperCase()}${field.slice(1)}`,
          description: `Messages ${field} since the run began. Any value above 0 needs an explanation.`,
          unit: "short",
          decimals: 0,
          query: queries.faults(field),
          noValue: "no run",
          thresholds: NONE_IS_GOOD,
        }),
      ),
    ],
  };
}

function overTime(): Row {
  return {
    title: "Over time",
    panels: [
      timePanel({
        title: "Latency",
        description:
          "Look for the point where p99 crosses the dashed SLO, and for a tail (p99.9, max) that rises long before it.",
        unit: "ms",
        axis: "latency",
        width: 24,
        height: 10,
        scale: "log",
        colours: PERCENTILE_COLOURS,
        lines: [
          { query: queries.latency },
          { query: queries.slo, legend: "SLO", colour: "text", limit: true },
        ],
      }),
      timePanel({
        title: "Offered and delivered",
        description: "Look for delivered below offered: from there on latency can only grow.",
        unit: "short",
        axis: "messages per second",
        width: 12,
        colours: { offered: "text", sent: "blue", acked: "purple", delivered: "green" },
        lines: [{ query: queries.rates }],
      }),
      timePanel({
        title: "Producers and consumers",
        description: "Look at the load that the graphs above and beside show.",
        unit: "short",
        axis: "clients",
        width: 6,
        steps: true,
        colours: { producers: "blue", consumers: "orange" },
        lines: [{ query: queries.clients }],
      }),
      timePanel({
        title: "Delivered bytes",
        description: "Look for values near the limit of the network or the disks.",
        unit: "Bps",
        axis: "bytes per second",
        width: 6,
        lines: [{ query: queries.bytes, legend: "delivered" }],
      }),
      timePanel({
        title: "Where the latency comes from (p99)",
        description:
          "Look at ack, which is high if the broker acknowledges slowly. Latency far above send_to_receive means that messages wait before they are sent.",
        unit: "ms",
        axis: "p99",
        width: 24,
        scale: "log",
        lines: [{ query: queries.latencyByKind, legend: tag("kind") }],
      }),
    ],
  };
}

function bySteps(): Row {
  const x = { x: "value", xAxis: "producers, or the option that the steps vary" };
  return {
    title: "Against the load",
    panels: [
      curvePanel({
        title: "Latency against the load",
        description: "Look for the knee: the last point at which p99 is below the dashed SLO.",
        ...x,
        unit: "ms",
        axis: "latency of a step",
        width: 12,
        height: 10,
        scale: "log",
        query: queries.latencyOfSteps,
        colours: { p50: "blue", p90: "green", p99: "orange", p999: "red", slo_ms: "text" },
        limits: ["slo_ms"],
      }),
      curvePanel({
        title: "Delivered against the load",
        description:
          "Look for the point where delivered stops following offered: the system is saturated there.",
        ...x,
        unit: "short",
        axis: "messages per second",
        width: 12,
        height: 10,
        query: queries.ratesOfSteps,
        colours: { offered: "text", delivered: "green" },
        limits: ["offered"],
      }),
      tablePanel({
        title: "Steps",
        description: "Look at a step's verdict first: a generator-bound step says nothing about the broker.",
        unit: "short",
        width: 24,
        height: 9,
        query: queries.steps,
        columns: unitsOfColumns(["p50", "p99", "p999", "max", "slo_ms"]),
      }),
    ],
  };
}

/** The unit of each column. Grafana's ids of these units are the same as the fields' units. */
function unitsOfColumns(fields: readonly Field<"step">[]) {
  return Object.fromEntries(fields.map((field) => [field, { unit: fieldOf("step", field).unit }]));
}

function faults(): Row {
  return {
    title: "Faults",
    panels: [
      timePanel({
        title: "Lost, duplicated and reordered",
        description:
          "Look for increases: with acks=all and replication nothing may be lost, even while brokers restart.",
        unit: "short",
        axis: "messages since the run began",
        width: 12,
        steps: true,
        colours: { lost: "red", duplicated: "orange", reordered: "purple" },
        lines: [{ query: queries.faults("lost", "duplicated", "reordered") }],
      }),
      timePanel({
        title: "Late, unsent and errors",
        description:
          "Look for growth: messages that were sent late or never are part of the result, not noise.",
        unit: "short",
        axis: "messages since the run began",
        width: 12,
        steps: true,
        colours: { late: "yellow", unsent: "orange", errors: "red" },
        lines: [{ query: queries.faults("late", "unsent", "errors") }],
      }),
    ],
  };
}

function generator(): Row {
  return {
    title: "Load generator",
    panels: [
      timePanel({
        title: "Generator lag (p99)",
        description:
          "Look for values close to the latency: then the result shows the generator, not the broker.",
        unit: "ms",
        axis: "p99",
        width: 12,
        scale: "log",
        colours: { schedule_lag_p99_ms: "orange", event_loop_p99_ms: "blue" },
        lines: [{ query: queries.generatorLag, legend: FIELD }],
      }),
      timePanel({
        title: "Generator CPU",
        description: "Look for values close to 1: a task sends with a single thread.",
        unit: "short",
        axis: "CPUs of one task",
        width: 12,
        lines: [{ query: queries.generatorCpu, legend: "busiest task", colour: "blue" }],
      }),
    ],
  };
}

function finishedRuns(): Row {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's placeholders
  const fieldValue = (column: string) => "${__data.fields.COLUMN}".replace("COLUMN", column);
  const time = (column: string) => fieldValue(`${column}.numeric`);
  const url = `/d/${DASHBOARDS.latency.uid}?var-run=${fieldValue("run")}&from=${time("started")}&to=${time("ended")}`;
  return {
    title: "All runs",
    panels: [
      tablePanel({
        title: "Runs",
        description: "Choose a run to show it in its own time range. A knee of 0 means that none was found.",
        unit: "short",
        width: 24,
        height: 9,
        query: queries.runs,
        columns: {
          run: { link: { title: "Show this run", url } },
          started: { unit: "dateTimeAsIso" },
          ended: { unit: "dateTimeAsIso" },
          slo_ms: { unit: "ms" },
        },
      }),
    ],
  };
}

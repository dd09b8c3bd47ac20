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
/** Any message is one too many. */
const NONE_IS_GOOD = [
  { from: null, colour: "green" },
  { from: 1, colour: "red" },
] as const;

export function latencyDashboard(): dashboard.Dashboard {
  return build(
    "latency",
    "How long messages take from when they are due to the consumer's hands, and where that stops being good enough.",
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
        description:
          "Look whether it was the broker that was measured: a run that is generator-bound says nothing about it.",
        unit: "string",
        query: queries.runResult("verdict"),
        noValue: "not yet",
        texts: VERDICT_COLOURS,
      }),
      numberPanel({
        ...number,
        title: "Knee",
        description: "The largest load that met the SLO: what this system can be trusted with.",
        unit: "short",
        query: queries.runResult("knee"),
        noValue: "not found",
      }),
      numberPanel({
        ...number,
        title: "SLO",
        description: "The latency that p99 must stay below: the limit that the graphs show dashed.",
        unit: "ms",
        query: queries.slo,
        noValue: "no run",
      }),
      ...(["lost", "duplicated", "reordered"] as const).map((field) =>
        numberPanel({
          ...number,
          title: `${field[0]?.toUpperCase()}${field.slice(1)}`,
          description: `Messages ${field} since the run began: anything but 0 needs an explanation.`,
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
          "Look when p99 crosses the dashed SLO, and whether the tail (p99.9, max) leaves the median long before.",
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
        description: "Look where delivered falls below offered: from there on the latency can only grow.",
        unit: "short",
        axis: "messages per second",
        width: 12,
        colours: { offered: "text", sent: "blue", acked: "purple", delivered: "green" },
        lines: [{ query: queries.rates }],
      }),
      timePanel({
        title: "Producers and consumers",
        description: "Look which load the graphs beside and above belong to.",
        unit: "short",
        axis: "clients",
        width: 6,
        steps: true,
        colours: { producers: "blue", consumers: "orange" },
        lines: [{ query: queries.clients }],
      }),
      timePanel({
        title: "Delivered bytes",
        description: "Look whether this nears what the network or the disks can do.",
        unit: "Bps",
        axis: "bytes per second",
        width: 6,
        lines: [{ query: queries.bytes, legend: "delivered" }],
      }),
      timePanel({
        title: "Where the latency comes from (p99)",
        description:
          "Look whether the broker is slow to acknowledge (ack), or messages wait before they are sent (latency far above send_to_receive).",
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
  const x = { x: "value", xAxis: "producers, or whatever the steps vary" };
  return {
    title: "Against the load",
    panels: [
      curvePanel({
        title: "Latency against the load",
        description: "Look for the knee: the last point of p99 that is below the dashed SLO.",
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
        description: "Look where delivered stops following offered: the system is full there.",
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
        description:
          "Look at a step's verdict first: one that is generator-bound says nothing about the broker.",
        unit: "short",
        width: 24,
        height: 9,
        query: queries.steps,
        columns: unitsOfColumns(["p50", "p99", "p999", "max", "slo_ms"]),
      }),
    ],
  };
}

/** Grafana's id of each column's unit, where the field has the same name for it. */
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
          "Look for steps upwards: with acks=all and replication nothing may be lost, even while brokers restart.",
        unit: "short",
        axis: "messages since the run began",
        width: 12,
        steps: true,
        colours: { lost: "red", duplicated: "orange", reordered: "purple" },
        lines: [{ query: queries.faults("lost", "duplicated", "reordered") }],
      }),
      timePanel({
        title: "Late, unsent and errors",
        description: "Look for growth: messages that left late or never are part of the result, not noise.",
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
    title: "The generator itself",
    panels: [
      timePanel({
        title: "Generator's lag (p99)",
        description:
          "Look whether the generator keeps its schedule: when this nears the latency, it measures itself.",
        unit: "ms",
        axis: "p99",
        width: 12,
        scale: "log",
        colours: { schedule_lag_p99_ms: "orange", event_loop_p99_ms: "blue" },
        lines: [{ query: queries.generatorLag, legend: FIELD }],
      }),
      timePanel({
        title: "Generator's CPU",
        description: "Look whether the busiest task nears 1: a task has one thread to send with.",
        unit: "short",
        axis: "CPUs of one task",
        width: 12,
        lines: [{ query: queries.generatorCpu, legend: "busiest task", colour: "blue" }],
      }),
    ],
  };
}

function finishedRuns(): Row {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's place-holders
  const of = (column: string) => "${__data.fields.COLUMN}".replace("COLUMN", column);
  const time = (column: string) => of(`${column}.numeric`);
  const url = `/d/${DASHBOARDS.latency.uid}?var-run=${of("run")}&from=${time("started")}&to=${time("ended")}`;
  return {
    title: "All runs",
    panels: [
      tablePanel({
        title: "Runs",
        description:
          "Choose a run by its name to see it in its own time, however long ago it was; a knee of 0 is none.",
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

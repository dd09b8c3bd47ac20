import { type Field, MEASUREMENTS } from "../../../../contract/measurements.ts";
import { flux, graph, level, rows } from "./flux.ts";
import { variable } from "./variables.ts";

const RUN = { run: variable("run") };

/** The names of all runs, newest first, for the dashboard's variable. */
export const runNames = flux(
  { from: MEASUREMENTS.run, fields: ["text"], where: { event: "start" }, range: "everything" },
  "group()",
  'sort(columns: ["_time"], desc: true)',
  'keep(columns: ["run"])',
  'rename(columns: {run: "_value"})',
);

/** Start and end of every run in the dashboard's time range. */
export const runEvents = rows({ from: MEASUREMENTS.run, fields: ["text"] }, [
  "_time",
  "text",
  "run",
  "event",
]);

/** A row for each run, with the time range that a dashboard needs to show it, in ms since the epoch. */
export const runs = flux(
  { from: MEASUREMENTS.run, fields: ["text", "slo_ms", "knee", "verdict"], range: "everything" },
  'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
  'group(columns: ["run", "scenario"])',
  'sort(columns: ["_time"])',
  `reduce(
    identity: {started: 0, ended: 0, verdict: "", slo_ms: 0.0, knee: 0.0},
    fn: (r, accumulator) => ({
      started: if r.event == "start" then int(v: r._time) / 1000000 else accumulator.started,
      ended: if r.event == "end" then int(v: r._time) / 1000000 else accumulator.ended,
      verdict: if exists r.verdict then r.verdict else accumulator.verdict,
      slo_ms: if exists r.slo_ms then r.slo_ms else accumulator.slo_ms,
      knee: if exists r.knee then r.knee else accumulator.knee,
    }),
  )`,
  // A run that has not ended is shown until now.
  "map(fn: (r) => ({r with ended: if r.ended == 0 then int(v: now()) / 1000000 else r.ended}))",
  "group()",
  'sort(columns: ["started"], desc: true)',
);

/** The service-level objective of the run, in ms. */
export const slo = level({
  from: MEASUREMENTS.run,
  fields: ["slo_ms"],
  where: { ...RUN, event: "start" },
  range: "everything",
});

/** A result of the run; empty until the run has ended. */
export const runResult = (field: "knee" | "verdict") =>
  rows({ from: MEASUREMENTS.run, fields: [field], where: { ...RUN, event: "end" }, range: "everything" }, [
    "_time",
    field,
  ]);

/** Percentiles of the latency in ms. A longer window shows its worst second, because percentiles cannot be averaged. */
export const latency = graph({
  from: MEASUREMENTS.latency,
  fields: ["p50", "p90", "p99", "p999", "max"],
  where: { ...RUN, kind: "latency" },
  sample: "max",
  merge: "max",
});

/** p99 of the latency and of its components, in ms. */
export const latencyByKind = graph({
  from: MEASUREMENTS.latency,
  fields: ["p99"],
  where: RUN,
  by: ["kind"],
  sample: "max",
  merge: "max",
});

/** Messages per second. */
export const rates = graph({
  from: MEASUREMENTS.rate,
  fields: ["offered", "sent", "acked", "delivered"],
  where: RUN,
  sample: "mean",
  merge: "mean",
});

/** Delivered bytes per second. */
export const bytes = graph({
  from: MEASUREMENTS.rate,
  fields: ["bytes"],
  where: RUN,
  sample: "mean",
  merge: "mean",
});

/** Number of logical producers and consumers. */
export const clients = graph({
  from: MEASUREMENTS.rate,
  fields: ["producers", "consumers"],
  where: RUN,
  sample: "last",
  merge: "max",
});

/** Messages since the run began. */
export const faults = (...fields: [Field<"faults">, ...Field<"faults">[]]) =>
  graph({ from: MEASUREMENTS.faults, fields, where: RUN, sample: "last", merge: "max" });

/** How far the generator is behind its schedule, and how late its event loop is: p99, in ms. */
export const generatorLag = graph({
  from: MEASUREMENTS.generator,
  fields: ["schedule_lag_p99_ms", "event_loop_p99_ms"],
  where: RUN,
  sample: "max",
  merge: "max",
});

/** CPU usage of the busiest generator task, in CPUs. */
export const generatorCpu = graph({
  from: MEASUREMENTS.generator,
  fields: ["cpu"],
  where: RUN,
  sample: "max",
  merge: "max",
});

const STEPS = { from: MEASUREMENTS.step, where: RUN, range: "everything" } as const;
/** Keeps the worst trial of each load, because a curve has one point per x value. */
const WORST_BY_VALUE = [
  'group(columns: ["value"])',
  'sort(columns: ["p99"])',
  "tail(n: 1)",
  "group()",
  'sort(columns: ["value"])',
];

/** Percentiles of whole steps in ms, by the value that the steps vary. */
export const latencyOfSteps = rows(
  { ...STEPS, fields: ["value", "p50", "p90", "p99", "p999", "slo_ms"] },
  ["value", "p50", "p90", "p99", "p999", "slo_ms"],
  ...WORST_BY_VALUE,
);

/** Messages per second of whole steps, by the value that the steps vary. */
export const ratesOfSteps = rows(
  { ...STEPS, fields: ["value", "offered", "delivered", "p99"] },
  ["value", "offered", "delivered"],
  ...WORST_BY_VALUE,
);

/** Every step of the run with its verdict. */
export const steps = rows(
  {
    ...STEPS,
    fields: [
      ...(["value", "producers", "offered", "delivered", "p50", "p99", "p999", "max"] as const),
      ...(["lost", "duplicated", "reordered", "slo_ms", "meets_slo"] as const),
    ],
  },
  [
    ...(["_time", "step", "variable", "value", "producers", "offered", "delivered"] as const),
    ...([
      "p50",
      "p99",
      "p999",
      "max",
      "lost",
      "duplicated",
      "reordered",
      "slo_ms",
      "meets_slo",
      "verdict",
    ] as const),
  ],
  'sort(columns: ["_time"])',
);

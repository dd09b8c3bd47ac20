import { type Field, MEASUREMENTS } from "../../../../contract/measurements.ts";
import { flux, graph, level, rows } from "./flux.ts";
import { variable } from "./variables.ts";

const RUN = { run: variable("run") };

/** Runs that ever began, the newest first: what there is to choose from. */
export const runNames = flux(
  { from: MEASUREMENTS.run, fields: ["text"], where: { event: "start" }, range: "everything" },
  "group()",
  'sort(columns: ["_time"], desc: true)',
  'keep(columns: ["run"])',
  'rename(columns: {run: "_value"})',
);

/** Start and end of every run in the time that is shown. */
export const runEvents = rows({ from: MEASUREMENTS.run, fields: ["text"] }, [
  "_time",
  "text",
  "run",
  "event",
]);

/** A row for each run that ever was, with the time that a dashboard must show for it, in ms. */
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
  // One that has not ended is shown until now.
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

/** What the run's end says; nothing before. */
export const runResult = (field: "knee" | "verdict") =>
  rows({ from: MEASUREMENTS.run, fields: [field], where: { ...RUN, event: "end" }, range: "everything" }, [
    "_time",
    field,
  ]);

/** Percentiles of the latency, in ms: of a longer time the worst second, since percentiles have no mean. */
export const latency = graph({
  from: MEASUREMENTS.latency,
  fields: ["p50", "p90", "p99", "p999", "max"],
  where: { ...RUN, kind: "latency" },
  sample: "max",
  merge: "max",
});

/** p99 in ms, of the ways that make up the latency. */
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

export const bytes = graph({
  from: MEASUREMENTS.rate,
  fields: ["bytes"],
  where: RUN,
  sample: "mean",
  merge: "mean",
});

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

export const generatorLag = graph({
  from: MEASUREMENTS.generator,
  fields: ["schedule_lag_p99_ms", "event_loop_p99_ms"],
  where: RUN,
  sample: "max",
  merge: "max",
});

export const generatorCpu = graph({
  from: MEASUREMENTS.generator,
  fields: ["cpu"],
  where: RUN,
  sample: "max",
  merge: "max",
});

const STEPS = { from: MEASUREMENTS.step, where: RUN, range: "everything" } as const;
/** A load that was tried again is one point, of its worst try: a curve has one value at each place. */
const WORST_BY_VALUE = [
  'group(columns: ["value"])',
  'sort(columns: ["p99"])',
  "tail(n: 1)",
  "group()",
  'sort(columns: ["value"])',
];

/** Percentiles of whole steps, in ms, against what the steps vary. */
export const latencyOfSteps = rows(
  { ...STEPS, fields: ["value", "p50", "p90", "p99", "p999", "slo_ms"] },
  ["value", "p50", "p90", "p99", "p999", "slo_ms"],
  ...WORST_BY_VALUE,
);

/** Messages per second of whole steps, against what the steps vary. */
export const ratesOfSteps = rows(
  { ...STEPS, fields: ["value", "offered", "delivered", "p99"] },
  ["value", "offered", "delivered"],
  ...WORST_BY_VALUE,
);

/** Every step of the run as it was judged. */
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

// Names of what the benchmark writes to InfluxDB and the dashboards query: each is written in this file only.

/** Percentiles of a delay, in ms, beside `max`. */
export const PERCENTILES = ["p50", "p90", "p99", "p999", "p9999"] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** Which way of a message a delay is of. */
export const DELAY_KINDS = [
  /** From the intended time to the consumer's hands: the one that is judged. */
  "delay",
  /** From send to acknowledgement. */
  "ack",
  /** From the actual send to the consumer's hands. */
  "send_to_receive",
] as const;
export type DelayKind = (typeof DELAY_KINDS)[number];

/** What a step may end as. `ok` alone may carry a knee. */
export const STEP_VERDICTS = ["ok", "slo-missed", "generator-bound", "not-steady", "failed"] as const;
export type StepVerdict = (typeof STEP_VERDICTS)[number];

/** Every measurement: its name, its tags, and its fields by type. */
export const MEASUREMENTS = {
  /** Each second of a step. */
  delay: {
    name: "bench_delay",
    tags: ["run", "scenario", "step", "kind"],
    /** ms; count: messages. */
    fields: {
      p50: "float",
      p90: "float",
      p99: "float",
      p999: "float",
      p9999: "float",
      max: "float",
      count: "int",
    },
  },
  /** Each second of a step. */
  rate: {
    name: "bench_rate",
    tags: ["run", "scenario", "step"],
    /** Messages per second; bytes: bytes per second, delivered; producers, consumers: how many are at work. */
    fields: {
      offered: "float",
      sent: "float",
      acked: "float",
      delivered: "float",
      bytes: "float",
      producers: "int",
      consumers: "int",
    },
  },
  /** Each second, messages since the run began. */
  faults: {
    name: "bench_faults",
    tags: ["run", "scenario", "step"],
    fields: { lost: "int", duplicated: "int", reordered: "int", late: "int", unsent: "int", errors: "int" },
  },
  /** Once for each finished step, at its end. `variable`: what the steps vary, such as producers; `value`: its value. */
  step: {
    name: "bench_step",
    tags: ["run", "scenario", "step", "variable", "verdict"],
    /** offered, delivered: messages per second; p50 to max: ms of `delay`; lost, …: messages of this step. */
    fields: {
      value: "float",
      producers: "int",
      offered: "float",
      delivered: "float",
      p50: "float",
      p90: "float",
      p99: "float",
      p999: "float",
      p9999: "float",
      max: "float",
      lost: "int",
      duplicated: "int",
      reordered: "int",
      slo_ms: "float",
      meets_slo: "boolean",
    },
  },
  /** Start and end of a run, for annotations. `knee`: a value of the steps' variable; only at the end, and only if found. */
  run: {
    name: "bench_run",
    tags: ["run", "scenario", "event"],
    fields: { text: "string", slo_ms: "float", knee: "float", verdict: "string" },
  },
  /** Each second: how well the generator itself keeps up, the worst of its tasks. `cpu`: of one task, in CPUs. */
  generator: {
    name: "bench_generator",
    tags: ["run", "scenario", "step"],
    fields: { schedule_lag_p99_ms: "float", event_loop_p99_ms: "float", cpu: "float" },
  },
  /**
   * Every few seconds of a step: round trips between two nodes, ms, and the share of packets that were lost; before the
   * load also bit/s and bytes. `network`: host or overlay.
   */
  network: {
    name: "bench_network",
    tags: ["run", "scenario", "from", "to", "network"],
    fields: { rtt_p50: "float", rtt_p99: "float", loss: "float", throughput: "float", mtu: "int" },
  },
} as const satisfies Record<string, MeasurementShape>;

interface MeasurementShape {
  name: string;
  tags: readonly string[];
  fields: Readonly<Record<string, "float" | "int" | "boolean" | "string">>;
}

export type Measurement = keyof typeof MEASUREMENTS;
export type Tag<M extends Measurement> = (typeof MEASUREMENTS)[M]["tags"][number];
export type Field<M extends Measurement> = keyof (typeof MEASUREMENTS)[M]["fields"] & string;

/** Values of a measurement's fields. A field that is not known is left out, never written as zero. */
export type FieldValues<M extends Measurement> = {
  [F in Field<M>]?: FieldTypes[(typeof MEASUREMENTS)[M]["fields"][F] & keyof FieldTypes];
};
interface FieldTypes {
  float: number;
  int: number;
  boolean: boolean;
  string: string;
}

// The measurements that the benchmark writes to InfluxDB and the dashboards query. Their names are in this file only.

/** Fields of a latency's percentiles, in ms. */
export const PERCENTILES = ["p50", "p90", "p99", "p999", "p9999"] as const;
/** One of {@link PERCENTILES}. */
export type Percentile = (typeof PERCENTILES)[number];

/** Values of the tag `kind`: the part of a message's path that a latency covers. */
export const LATENCY_KINDS = [
  /** From the intended time until the consumer has the message: the latency that the SLO limits. */
  "latency",
  /** From the actual send until the acknowledgement. */
  "ack",
  /** From the actual send until the consumer has the message. */
  "send_to_receive",
] as const;
/** One of {@link LATENCY_KINDS}. */
export type LatencyKind = (typeof LATENCY_KINDS)[number];

const ms = (description: string) => ({ type: "float", unit: "ms", description }) as const;
const perSec = (description: string) =>
  ({ type: "float", unit: "messages per second", description }) as const;
const messages = (description: string) => ({ type: "int", unit: "messages", description }) as const;
const clients = (description: string) => ({ type: "int", unit: "clients", description }) as const;

const percentiles = {
  p50: ms("half of the messages were at least as fast"),
  p90: ms("90 of 100 messages were at least as fast"),
  p99: ms("99 of 100 messages were at least as fast"),
  p999: ms("999 of 1,000 messages were at least as fast"),
  p9999: ms("9,999 of 10,000 messages were at least as fast"),
  max: ms("the slowest message"),
} as const;

/** Every measurement, declared once: its name, its tags, and its fields with type, unit and meaning. */
export const MEASUREMENTS = {
  latency: {
    name: "bench_latency",
    description: "Each second of a step: the latency of the messages, by kind.",
    tags: ["run", "scenario", "step", "kind"],
    fields: {
      p50: percentiles.p50,
      p90: percentiles.p90,
      p99: percentiles.p99,
      p999: percentiles.p999,
      p9999: percentiles.p9999,
      max: percentiles.max,
      count: messages("messages counted in the percentiles"),
    },
  },
  rate: {
    name: "bench_rate",
    description: "Each second of a step: the load.",
    tags: ["run", "scenario", "step"],
    fields: {
      offered: perSec("due by the schedule"),
      sent: perSec("handed to the client"),
      acked: perSec("acknowledged by the broker"),
      delivered: perSec("received by consumers"),
      bytes: { type: "float", unit: "bytes per second", description: "delivered" },
      producers: clients("active logical producers"),
      consumers: clients("active logical consumers"),
    },
  },
  faults: {
    name: "bench_faults",
    description: "Each second of a step: counts of messages since the start of the run.",
    tags: ["run", "scenario", "step"],
    fields: {
      lost: messages("acknowledged but never delivered"),
      duplicated: messages("delivered more than once"),
      reordered: messages("delivered after a later one of the same producer and partition"),
      late: messages("sent later than their intended time by more than a tenth of the SLO"),
      unsent: messages("not sent by the end of the drain"),
      errors: messages("sends that failed"),
    },
  },
  step: {
    name: "bench_step",
    description: "Once per step, at its end. variable: the option that the steps vary.",
    tags: ["run", "scenario", "step", "variable", "verdict"],
    fields: {
      value: { type: "float", unit: "", description: "value of the variable" },
      producers: clients("logical producers"),
      offered: perSec("due by the schedule"),
      delivered: perSec("arrived at consumers within the measured time"),
      p50: percentiles.p50,
      p90: percentiles.p90,
      p99: percentiles.p99,
      p999: percentiles.p999,
      p9999: percentiles.p9999,
      max: percentiles.max,
      lost: messages("lost in this step"),
      duplicated: messages("duplicated in this step"),
      reordered: messages("reordered in this step"),
      slo_ms: ms("the SLO's p99"),
      meets_slo: { type: "boolean", unit: "", description: "whether the step met the SLO" },
    },
  },
  run: {
    name: "bench_run",
    description: "Start and end of a run, for annotations.",
    tags: ["run", "scenario", "event"],
    fields: {
      text: { type: "string", unit: "", description: "the event in one line" },
      slo_ms: ms("the SLO's p99"),
      knee: {
        type: "float",
        unit: "",
        description: "value of the variable at the knee; at the end, if a knee was found",
      },
      verdict: { type: "string", unit: "", description: "verdict of the run; at the end" },
    },
  },
  generator: {
    name: "bench_generator",
    description: "Each second of a step: how well the load generator keeps up; values of its worst task.",
    tags: ["run", "scenario", "step"],
    fields: {
      schedule_lag_p99_ms: ms("from a message's intended time to the call of the client's send"),
      event_loop_p99_ms: ms("event loop delay"),
      cpu: { type: "float", unit: "CPUs", description: "used by one task" },
    },
  },
  network: {
    name: "bench_network",
    description:
      "Every few seconds of a step: the network from one node to another, on the host or overlay network; throughput and MTU only before the load.",
    tags: ["run", "scenario", "from", "to", "network"],
    fields: {
      rtt_p50: ms("round trip, median"),
      rtt_p99: ms("round trip, p99"),
      loss: { type: "float", unit: "share", description: "lost packets, from 0 to 1" },
      throughput: { type: "float", unit: "bit/s", description: "of one TCP connection" },
      mtu: { type: "int", unit: "bytes", description: "the largest packet that is not fragmented" },
    },
  },
} as const satisfies Record<string, MeasurementShape>;

/** Type, unit and meaning of a field. */
export interface FieldDescriptor {
  type: "float" | "int" | "boolean" | "string";
  /** Such as "ms"; empty if it has none. */
  unit: string;
  description: string;
}

interface MeasurementShape {
  name: string;
  description: string;
  tags: readonly string[];
  fields: Readonly<Record<string, FieldDescriptor>>;
}

/** Key of a measurement in {@link MEASUREMENTS}. */
export type Measurement = keyof typeof MEASUREMENTS;
/** Name of a tag of a measurement. */
export type Tag<M extends Measurement> = (typeof MEASUREMENTS)[M]["tags"][number];
/** Name of a field of a measurement. */
export type Field<M extends Measurement> = keyof (typeof MEASUREMENTS)[M]["fields"] & string;

/** Values of a measurement's fields. A field whose value is unknown is left out, never written as zero. */
export type FieldValues<M extends Measurement> = {
  [F in Field<M>]?: ValueOf<(typeof MEASUREMENTS)[M]["fields"][F]>;
};
type ValueOf<D> = D extends { type: keyof FieldTypes } ? FieldTypes[D["type"]] : never;
interface FieldTypes {
  float: number;
  int: number;
  boolean: boolean;
  string: string;
}

/** The descriptor of a field, typed the same for all fields. */
export function fieldOf<M extends Measurement>(measurement: M, field: Field<M>): FieldDescriptor {
  const fields: Readonly<Record<string, FieldDescriptor>> = MEASUREMENTS[measurement].fields;
  return fields[field] as FieldDescriptor;
}

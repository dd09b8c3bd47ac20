// Names of what the benchmark writes to InfluxDB and the dashboards query: each is written in this file only.

/** Percentiles of a latency, in ms, beside `max`. */
export const PERCENTILES = ["p50", "p90", "p99", "p999", "p9999"] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** Which way of a message a latency is of. */
export const LATENCY_KINDS = [
  /** From the intended time to the consumer's hands: the one that is judged. */
  "latency",
  /** From send to acknowledgement. */
  "ack",
  /** From the actual send to the consumer's hands. */
  "send_to_receive",
] as const;
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
      count: messages("messages that the percentiles are of"),
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
      producers: clients("logical producers at work"),
      consumers: clients("logical consumers at work"),
    },
  },
  faults: {
    name: "bench_faults",
    description: "Each second of a step: messages since the run began.",
    tags: ["run", "scenario", "step"],
    fields: {
      lost: messages("acknowledged and never delivered"),
      duplicated: messages("delivered more than once"),
      reordered: messages("delivered after a later one of the same producer and partition"),
      late: messages("sent more than a tenth of the SLO after their time"),
      unsent: messages("not sent by the end of the drain"),
      errors: messages("sends that failed"),
    },
  },
  step: {
    name: "bench_step",
    description: "Once for each finished step, at its end. variable: the option that the steps vary.",
    tags: ["run", "scenario", "step", "variable", "verdict"],
    fields: {
      value: { type: "float", unit: "", description: "value of the variable" },
      producers: clients("logical producers"),
      offered: perSec("due by the schedule"),
      delivered: perSec("received by consumers"),
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
      text: { type: "string", unit: "", description: "one line about the event" },
      slo_ms: ms("the SLO's p99"),
      knee: {
        type: "float",
        unit: "",
        description: "value of the steps' variable; at the end, if a knee was found",
      },
      verdict: { type: "string", unit: "", description: "verdict on the run; at the end" },
    },
  },
  generator: {
    name: "bench_generator",
    description: "Each second of a step: how well the load generator keeps up, of the worst of its tasks.",
    tags: ["run", "scenario", "step"],
    fields: {
      schedule_lag_p99_ms: ms("from a message's intended time to the call of the client's send"),
      event_loop_p99_ms: ms("delay of the event loop"),
      cpu: { type: "float", unit: "CPUs", description: "used by one task" },
    },
  },
  network: {
    name: "bench_network",
    description:
      "Every few seconds of a step: the network from one node to another, by host or overlay network; throughput and MTU before the load only.",
    tags: ["run", "scenario", "from", "to", "network"],
    fields: {
      rtt_p50: ms("round trip, median"),
      rtt_p99: ms("round trip, p99"),
      loss: { type: "float", unit: "share", description: "packets lost, from 0 to 1" },
      throughput: { type: "float", unit: "bit/s", description: "of one TCP connection" },
      mtu: { type: "int", unit: "bytes", description: "the largest packet that passes in one piece" },
    },
  },
} as const satisfies Record<string, MeasurementShape>;

export interface FieldDescriptor {
  type: "float" | "int" | "boolean" | "string";
  /** Such as "ms"; empty where it has none. */
  unit: string;
  description: string;
}

interface MeasurementShape {
  name: string;
  description: string;
  tags: readonly string[];
  fields: Readonly<Record<string, FieldDescriptor>>;
}

export type Measurement = keyof typeof MEASUREMENTS;
export type Tag<M extends Measurement> = (typeof MEASUREMENTS)[M]["tags"][number];
export type Field<M extends Measurement> = keyof (typeof MEASUREMENTS)[M]["fields"] & string;

/** Values of a measurement's fields. A field that is not known is left out, never written as zero. */
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

/** The descriptor of a field, as one type for all of them. */
export function fieldOf<M extends Measurement>(measurement: M, field: Field<M>): FieldDescriptor {
  const fields: Readonly<Record<string, FieldDescriptor>> = MEASUREMENTS[measurement].fields;
  return fields[field] as FieldDescriptor;
}

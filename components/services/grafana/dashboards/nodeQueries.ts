import { NODE_METRICS } from "../../telegraf/metrics.ts";
import { type FieldOf, flux, graph, rows } from "./flux.ts";
import { anyOf } from "./variables.ts";

const NODE = { host: anyOf("node") };
/** InfluxDB's percent as a share, which Grafana writes as percent again. */
const PERCENT_AS_SHARE = 0.01;

export const nodeNames = flux(
  { from: NODE_METRICS.system, fields: ["n_cpus"] },
  'keep(columns: ["host"])',
  "group()",
  'distinct(column: "host")',
  'sort(columns: ["_value"])',
);

export const busy = graph({
  from: NODE_METRICS.cpu,
  fields: ["usage_active"],
  where: { ...NODE, cpu: "cpu-total" },
  by: ["host"],
  sample: "mean",
  scale: PERCENT_AS_SHARE,
});

/** The mean of the nodes that are shown. */
export const modes = graph({
  from: NODE_METRICS.cpu,
  fields: [
    ...(["usage_user", "usage_system", "usage_iowait"] as const),
    ...(["usage_irq", "usage_softirq", "usage_steal", "usage_nice"] as const),
  ],
  where: { ...NODE, cpu: "cpu-total" },
  sample: "mean",
  merge: "mean",
  scale: PERCENT_AS_SHARE,
});

export const cores = graph({
  from: NODE_METRICS.cpu,
  fields: ["usage_active"],
  where: { ...NODE, cpu: "/^cpu[0-9]+$/" },
  by: ["host", "cpu"],
  sample: "mean",
  scale: PERCENT_AS_SHARE,
});

export const load = graph({
  from: NODE_METRICS.system,
  fields: ["load1", "n_cpus"],
  where: NODE,
  by: ["host"],
  sample: "max",
});

export const memory = graph({
  from: NODE_METRICS.memory,
  fields: ["used"],
  where: NODE,
  by: ["host"],
  sample: "max",
});

export const memoryLeft = graph({
  from: NODE_METRICS.memory,
  fields: ["available"],
  where: NODE,
  by: ["host"],
  sample: "min",
});

type Counter = FieldOf<typeof NODE_METRICS.network>;

/** Per second, on the interface of the network between the nodes. */
export const testNetwork = (...fields: Counter[]) =>
  graph({
    from: NODE_METRICS.network,
    fields,
    where: { ...NODE, network: "test" },
    by: ["host"],
    perSecond: true,
    sample: "mean",
    merge: "sum",
  });

/** Per second, on the other interfaces, such as the engine's bridges. */
export const otherNetworks = (...fields: Counter[]) =>
  graph({
    from: NODE_METRICS.network,
    fields,
    where: { ...NODE, network: "other" },
    by: ["host", "interface"],
    perSecond: true,
    sample: "mean",
  });

export const diskUsed = graph({
  from: NODE_METRICS.disk,
  fields: ["used_percent"],
  where: NODE,
  by: ["host"],
  sample: "max",
  scale: PERCENT_AS_SHARE,
});

/** Bytes per second of all disks of a node. */
export const diskTraffic = graph({
  from: NODE_METRICS.diskIo,
  fields: ["read_bytes", "write_bytes"],
  where: NODE,
  by: ["host"],
  perSecond: true,
  sample: "mean",
  merge: "sum",
});

/** Share of a second that a disk had something to do, of the busiest one. */
export const diskBusy = graph({
  from: NODE_METRICS.diskIo,
  fields: ["io_time"],
  where: NODE,
  by: ["host"],
  perSecond: true,
  sample: "mean",
  merge: "max",
  scale: 1e-3,
});

/** In CPUs, of all tasks of a service. */
export const serviceCpu = graph({
  from: NODE_METRICS.containerCpu,
  fields: ["usage_percent"],
  where: NODE,
  by: ["service"],
  sample: "mean",
  merge: "sum",
  scale: PERCENT_AS_SHARE,
});

/** Bytes, of all tasks of a service. */
export const serviceMemory = graph({
  from: NODE_METRICS.containerMemory,
  fields: ["usage"],
  where: NODE,
  by: ["service"],
  sample: "max",
  merge: "sum",
});

/** Bytes per second, of all tasks of a service. */
export const serviceNetwork = graph({
  from: NODE_METRICS.containerNetwork,
  fields: ["rx_bytes", "tx_bytes"],
  where: NODE,
  by: ["service"],
  perSecond: true,
  sample: "mean",
  merge: "sum",
});

/** Periods per second in which a task was held back by its limit. */
export const throttled = graph({
  from: NODE_METRICS.containerCpu,
  fields: ["throttling_throttled_periods"],
  where: NODE,
  by: ["service", "task"],
  perSecond: true,
  sample: "max",
  merge: "max",
});

/** Samples lost or not had, per second. The collector that asks the brokers has no node to be chosen by. */
export const lostSamples = graph({
  from: NODE_METRICS.telegraf,
  fields: ["metrics_dropped", "gather_errors"],
  by: ["collector", "host"],
  perSecond: true,
  sample: "max",
});

/** In µs, of clocks that follow another; the sign says which is ahead. */
export const clockOffset = graph({
  from: NODE_METRICS.clock,
  fields: ["offset_us"],
  where: NODE,
  by: ["host", "kind"],
  sample: "mean",
});

/** In µs, one way. */
export const clockPathDelay = graph({
  from: NODE_METRICS.clock,
  fields: ["path_delay_us"],
  where: NODE,
  by: ["host", "kind"],
  sample: "mean",
});

/** The last state of each node's clock. */
export const clockStates = rows(
  { from: NODE_METRICS.clock, fields: ["state"], where: NODE },
  ["host", "kind", "state", "_time"],
  'group(columns: ["host"])',
  'sort(columns: ["_time"])',
  'last(column: "state")',
  "group()",
  'sort(columns: ["host"])',
);

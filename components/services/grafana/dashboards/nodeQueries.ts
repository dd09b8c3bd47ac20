import { NODE_METRICS } from "../../telegraf/metrics.ts";
import { type FieldOf, flux, graph, rows } from "./flux.ts";
import { anyOf } from "./variables.ts";

const NODE = { host: anyOf("node") };
/** Converts percent to a share of 0 to 1, which Grafana formats as percent, or to CPUs. */
const PERCENT_AS_SHARE = 0.01;

/** The names of all nodes, for the dashboard's variable. */
export const nodeNames = flux(
  { from: NODE_METRICS.system, fields: ["n_cpus"] },
  'keep(columns: ["host"])',
  "group()",
  'distinct(column: "host")',
  'sort(columns: ["_value"])',
);

/** Busy share of each node's CPUs, 0 to 1. */
export const busy = graph({
  from: NODE_METRICS.cpu,
  fields: ["usage_active"],
  where: { ...NODE, cpu: "cpu-total" },
  by: ["host"],
  sample: "mean",
  scale: PERCENT_AS_SHARE,
});

/** Share of CPU time by mode, 0 to 1: the mean of the selected nodes. */
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

/** Busy share of each CPU core, 0 to 1. */
export const cores = graph({
  from: NODE_METRICS.cpu,
  fields: ["usage_active"],
  where: { ...NODE, cpu: "/^cpu[0-9]+$/" },
  by: ["host", "cpu"],
  sample: "mean",
  scale: PERCENT_AS_SHARE,
});

/** Load average of the last minute, and number of CPUs. */
export const load = graph({
  from: NODE_METRICS.system,
  fields: ["load1", "n_cpus"],
  where: NODE,
  by: ["host"],
  sample: "max",
});

/** Used memory, in bytes. */
export const memory = graph({
  from: NODE_METRICS.memory,
  fields: ["used"],
  where: NODE,
  by: ["host"],
  sample: "max",
});

/** Available memory, in bytes. */
export const memoryLeft = graph({
  from: NODE_METRICS.memory,
  fields: ["available"],
  where: NODE,
  by: ["host"],
  sample: "min",
});

type Counter = FieldOf<typeof NODE_METRICS.network>;

/** Counters per second on the network between the nodes. */
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

/** Counters per second on other interfaces, such as the engine's bridges. */
export const otherNetworks = (...fields: Counter[]) =>
  graph({
    from: NODE_METRICS.network,
    fields,
    where: { ...NODE, network: "other" },
    by: ["host", "interface"],
    perSecond: true,
    sample: "mean",
  });

/** Used share of the disk, 0 to 1. */
export const diskUsed = graph({
  from: NODE_METRICS.disk,
  fields: ["used_percent"],
  where: NODE,
  by: ["host"],
  sample: "max",
  scale: PERCENT_AS_SHARE,
});

/** Bytes per second over all disks of a node. */
export const diskTraffic = graph({
  from: NODE_METRICS.diskIo,
  fields: ["read_bytes", "write_bytes"],
  where: NODE,
  by: ["host"],
  perSecond: true,
  sample: "mean",
  merge: "sum",
});

/** Busy share of a node's busiest disk, 0 to 1. */
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

/** CPU usage of all tasks of a service, in CPUs. */
export const serviceCpu = graph({
  from: NODE_METRICS.containerCpu,
  fields: ["usage_percent"],
  where: NODE,
  by: ["service"],
  sample: "mean",
  merge: "sum",
  scale: PERCENT_AS_SHARE,
});

/** Memory of all tasks of a service, in bytes. */
export const serviceMemory = graph({
  from: NODE_METRICS.containerMemory,
  fields: ["usage"],
  where: NODE,
  by: ["service"],
  sample: "max",
  merge: "sum",
});

/** Network traffic of all tasks of a service, in bytes per second. */
export const serviceNetwork = graph({
  from: NODE_METRICS.containerNetwork,
  fields: ["rx_bytes", "tx_bytes"],
  where: NODE,
  by: ["service"],
  perSecond: true,
  sample: "mean",
  merge: "sum",
});

/** CFS periods per second in which a task was throttled by its CPU limit. */
export const throttled = graph({
  from: NODE_METRICS.containerCpu,
  fields: ["throttling_throttled_periods"],
  where: NODE,
  by: ["service", "task"],
  perSecond: true,
  sample: "max",
  merge: "max",
});

/** Dropped samples and failed collections per second. Not filtered by node: the collector of the brokers has no node. */
export const lostSamples = graph({
  from: NODE_METRICS.telegraf,
  fields: ["metrics_dropped", "gather_errors"],
  by: ["collector", "host"],
  perSecond: true,
  sample: "max",
});

/** Offset of each clock in µs: the node's clock minus the first node's. */
export const clockOffset = graph({
  from: NODE_METRICS.clock,
  fields: ["offset_us"],
  where: NODE,
  by: ["host", "kind"],
  sample: "mean",
});

/** One-way path delay that the clock protocol measures, in µs. */
export const clockPathDelay = graph({
  from: NODE_METRICS.clock,
  fields: ["path_delay_us"],
  where: NODE,
  by: ["host", "kind"],
  sample: "mean",
});

/** The latest state of each node's clock. */
export const clockStates = rows(
  { from: NODE_METRICS.clock, fields: ["state"], where: NODE },
  ["host", "kind", "state", "_time"],
  'group(columns: ["host"])',
  'sort(columns: ["_time"])',
  'last(column: "state")',
  "group()",
  'sort(columns: ["host"])',
);

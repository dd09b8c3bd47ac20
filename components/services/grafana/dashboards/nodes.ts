import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { SAMPLED_SEC } from "../../telegraf/metrics.ts";
import { build, type Row } from "./dashboard.ts";
import * as queries from "./nodeQueries.ts";
import { FIELD, tablePanel, tag, timePanel } from "./panels.ts";
import { chooseSome } from "./variables.ts";

const NODE = tag("host");
const NODE_AND_FIELD = `${NODE} ${FIELD}`;

/** The dashboard of the nodes: CPU, memory, networks, clocks, disks, and the swarm's services. */
export function nodesDashboard(): dashboard.Dashboard {
  return build(
    "nodes",
    "How much capacity the machines and the network between them have left. Nodes of the local testbed share one machine, so CPU, memory and disk are the same on all of them; the services at the bottom show the differences.",
    [chooseSome("node", "Node", queries.nodeNames)],
    [cpu(), memory(), testNetwork(), otherNetworks(), clocks(), disk(), services()],
  );
}

function cpu(): Row {
  const share = { unit: "percentunit", max: 1 } as const;
  return {
    title: "CPU",
    panels: [
      timePanel({
        ...share,
        title: "CPU by node",
        description: "Look for a node near 100 %: its latency is that of an overloaded machine.",
        axis: "busy",
        width: 12,
        lines: [{ query: queries.busy, legend: NODE }],
      }),
      timePanel({
        ...share,
        title: "CPU by mode",
        description:
          "Look for iowait (disks), softirq (network) and steal (other machines on the same host).",
        axis: "mean of the nodes",
        width: 12,
        stack: true,
        lines: [{ query: queries.modes }],
      }),
      timePanel({
        ...share,
        title: "CPU by core",
        description: "Look for one core at 100 % while the others are not: a single thread is the limit.",
        axis: "busy",
        width: 12,
        lines: [{ query: queries.cores, legend: `${NODE} ${tag("cpu")}` }],
      }),
      timePanel({
        title: "Load",
        description: "Look for load1 above n_cpus: tasks are waiting for a CPU.",
        unit: "short",
        axis: "tasks",
        width: 12,
        lines: [{ query: queries.load, legend: NODE_AND_FIELD }],
      }),
    ],
  };
}

function memory(): Row {
  return {
    title: "Memory",
    panels: [
      timePanel({
        title: "Memory used",
        description: "Look for growth over a run: it may be a memory leak.",
        unit: "bytes",
        axis: "used",
        width: 12,
        lines: [{ query: queries.memory, legend: NODE }],
      }),
      timePanel({
        title: "Memory available",
        description: "Look for values close to 0: then Kafka reads from disk instead of the page cache.",
        unit: "bytes",
        axis: "available",
        width: 12,
        lines: [{ query: queries.memoryLeft, legend: NODE }],
      }),
    ],
  };
}

function testNetwork(): Row {
  return {
    title: "Network between the nodes",
    panels: [
      timePanel({
        title: "Bytes",
        description: "Look for a node close to its link's speed: packets queue there, which adds latency.",
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.testNetwork("bytes_recv", "bytes_sent"), legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Packets",
        description: "Look at packets compared to bytes: a small packet costs as much CPU as a large one.",
        unit: "pps",
        axis: "packets per second",
        width: 8,
        lines: [{ query: queries.testNetwork("packets_recv", "packets_sent"), legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Errors and drops",
        description:
          "Look for values above 0: dropped packets are sent again later, which raises the tail of the latency.",
        unit: "pps",
        axis: "packets per second",
        width: 8,
        lines: [
          {
            query: queries.testNetwork("err_in", "err_out", "drop_in", "drop_out"),
            legend: NODE_AND_FIELD,
          },
        ],
      }),
    ],
  };
}

function otherNetworks(): Row {
  const legend = `${NODE} ${tag("interface")} ${FIELD}`;
  return {
    title: "Other interfaces",
    panels: [
      timePanel({
        title: "Bytes of other interfaces",
        description: "Look for traffic that should be on the network between the nodes.",
        unit: "Bps",
        axis: "bytes per second",
        width: 12,
        lines: [{ query: queries.otherNetworks("bytes_recv", "bytes_sent"), legend }],
      }),
      timePanel({
        title: "Errors and drops of other interfaces",
        description: "Look for values that grow with the load.",
        unit: "pps",
        axis: "packets per second",
        width: 12,
        lines: [{ query: queries.otherNetworks("err_in", "err_out", "drop_in", "drop_out"), legend }],
      }),
    ],
  };
}

function clocks(): Row {
  const legend = `${NODE} ${tag("kind")}`;
  return {
    title: "Clocks",
    panels: [
      timePanel({
        title: "Clock offset",
        description:
          "Look at the distance from 0: a latency between two nodes is wrong by as much. If all nodes share one machine's clock, it is the error of the measurement itself.",
        everySec: SAMPLED_SEC.files,
        unit: "µs",
        axis: "node's clock minus the first node's",
        width: 10,
        min: "auto",
        lines: [{ query: queries.clockOffset, legend }],
      }),
      timePanel({
        title: "Clock path delay",
        description: "Look for jumps: a path that is slower in one direction shifts the offset.",
        everySec: SAMPLED_SEC.files,
        unit: "µs",
        axis: "one way",
        width: 8,
        lines: [{ query: queries.clockPathDelay, legend }],
      }),
      tablePanel({
        title: "Clock states",
        description: "Look for any state other than one MASTER and SLAVE: such a clock is not synchronised.",
        unit: "short",
        width: 6,
        query: queries.clockStates,
        columns: { _time: { unit: "dateTimeAsIso" } },
      }),
    ],
  };
}

function disk(): Row {
  return {
    title: "Disk",
    panels: [
      timePanel({
        title: "Disk used",
        description:
          "Look for a disk that will be full before the run ends. It holds Kafka's logs and the images.",
        everySec: SAMPLED_SEC.files,
        unit: "percentunit",
        axis: "used",
        width: 8,
        max: 1,
        lines: [{ query: queries.diskUsed, legend: NODE }],
      }),
      timePanel({
        title: "Disk traffic",
        description: "Look for reads: consumers that keep up are served from memory.",
        everySec: SAMPLED_SEC.files,
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.diskTraffic, legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Disk busy",
        description: "Look for 100 % at times when log flushes are slow.",
        everySec: SAMPLED_SEC.files,
        unit: "percentunit",
        axis: "busy",
        width: 8,
        max: 1,
        lines: [{ query: queries.diskBusy, legend: NODE }],
      }),
    ],
  };
}

function services(): Row {
  const service = tag("service");
  return {
    title: "Services of the swarm",
    panels: [
      timePanel({
        title: "CPU by service",
        description:
          "Look for services that take CPU from the brokers, such as the generator or the monitoring itself.",
        everySec: SAMPLED_SEC.engine,
        unit: "short",
        axis: "CPUs",
        width: 12,
        stack: true,
        lines: [{ query: queries.serviceCpu, legend: service }],
      }),
      timePanel({
        title: "Memory by service",
        description: "Look for a service that grows with each run.",
        everySec: SAMPLED_SEC.engine,
        unit: "bytes",
        axis: "memory",
        width: 12,
        stack: true,
        lines: [{ query: queries.serviceMemory, legend: service }],
      }),
      timePanel({
        title: "Network by service",
        description: "Look for a difference between what producers send and what brokers receive.",
        everySec: SAMPLED_SEC.engine,
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.serviceNetwork, legend: `${service} ${FIELD}` }],
      }),
      timePanel({
        title: "Throttled by CPU limits",
        description: "Look for values above 0: a throttled task is slow because of its CPU limit.",
        everySec: SAMPLED_SEC.engine,
        unit: "short",
        axis: "periods per second",
        width: 8,
        lines: [{ query: queries.throttled, legend: tag("task") }],
      }),
      timePanel({
        title: "Lost samples",
        description:
          "Look for values above 0: then gaps in these graphs come from Telegraf, not from the machine.",
        everySec: SAMPLED_SEC.files,
        unit: "short",
        axis: "per second",
        width: 8,
        lines: [{ query: queries.lostSamples, legend: `${tag("collector")} ${NODE} ${FIELD}` }],
      }),
    ],
  };
}

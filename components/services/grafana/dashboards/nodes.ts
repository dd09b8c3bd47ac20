import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { build, type Row } from "./dashboard.ts";
import * as queries from "./nodeQueries.ts";
import { FIELD, tablePanel, tag, timePanel } from "./panels.ts";
import { chooseSome } from "./variables.ts";

const NODE = tag("host");
const NODE_AND_FIELD = `${NODE} ${FIELD}`;

export function nodesDashboard(): dashboard.Dashboard {
  return build(
    "nodes",
    "What the machines and the network between them still have. Nodes of the local testbed share one machine: there CPU, memory and disk are the same on all, and the services tell them apart.",
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
        description: "Look for a node near 100 %: a delay measured with it is that of a full machine.",
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
        description: "Look for one core that is full while the others are not: a single thread is the limit.",
        axis: "busy",
        width: 12,
        lines: [{ query: queries.cores, legend: `${NODE} ${tag("cpu")}` }],
      }),
      timePanel({
        title: "Load",
        description: "Look for load1 above the number of CPUs: tasks wait for their turn.",
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
        description: "Look for growth over a run: something does not give back what it takes.",
        unit: "bytes",
        axis: "used",
        width: 12,
        lines: [{ query: queries.memory, legend: NODE }],
      }),
      timePanel({
        title: "Memory available",
        description:
          "Look whether it nears 0: then Kafka's reads come from the disk instead of the page cache.",
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
        description: "Look whether a node nears its link's speed: what waits there is delay.",
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.testNetwork("bytes_recv", "bytes_sent"), legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Packets",
        description:
          "Look at the number of packets against the bytes: small ones cost as much CPU as large ones.",
        unit: "pps",
        axis: "packets per second",
        width: 8,
        lines: [{ query: queries.testNetwork("packets_recv", "packets_sent"), legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Errors and drops",
        description: "Look for anything above 0: each is sent again later, and is in the tail of the delay.",
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
        description: "Look for traffic that should have been on the network between the nodes.",
        unit: "Bps",
        axis: "bytes per second",
        width: 12,
        lines: [{ query: queries.otherNetworks("bytes_recv", "bytes_sent"), legend }],
      }),
      timePanel({
        title: "Errors and drops of other interfaces",
        description: "Look for anything that grows with the load.",
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
          "Look how far from 0 it strays: a delay between two nodes is wrong by as much. Where nodes share one machine's clock it is the measurement's own error.",
        unit: "µs",
        axis: "node's clock minus the first node's",
        width: 10,
        min: "auto",
        lines: [{ query: queries.clockOffset, legend }],
      }),
      timePanel({
        title: "Clock path delay",
        description: "Look for leaps: a path that is longer one way than the other shifts the offset.",
        unit: "µs",
        axis: "one way",
        width: 8,
        lines: [{ query: queries.clockPathDelay, legend }],
      }),
      tablePanel({
        title: "Clock states",
        description: "Look for anything but one MASTER and SLAVE: such a node's clock runs by itself.",
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
        description: "Look whether it will be full before the run ends: Kafka's logs and images are there.",
        unit: "percentunit",
        axis: "used",
        width: 8,
        max: 1,
        lines: [{ query: queries.diskUsed, legend: NODE }],
      }),
      timePanel({
        title: "Disk traffic",
        description: "Look for reads while consumers should be served from memory.",
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.diskTraffic, legend: NODE_AND_FIELD }],
      }),
      timePanel({
        title: "Disk busy",
        description: "Look whether the busiest disk is at 100 % when log flushes are slow.",
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
          "Look which service takes the machine from the brokers: the generator, or the monitoring itself.",
        unit: "short",
        axis: "CPUs",
        width: 12,
        stack: true,
        lines: [{ query: queries.serviceCpu, legend: service }],
      }),
      timePanel({
        title: "Memory by service",
        description: "Look for a service that grows with each run.",
        unit: "bytes",
        axis: "memory",
        width: 12,
        stack: true,
        lines: [{ query: queries.serviceMemory, legend: service }],
      }),
      timePanel({
        title: "Network by service",
        description: "Look whether what producers send is what brokers receive.",
        unit: "Bps",
        axis: "bytes per second",
        width: 8,
        lines: [{ query: queries.serviceNetwork, legend: `${service} ${FIELD}` }],
      }),
      timePanel({
        title: "Held back by CPU limits",
        description:
          "Look for anything above 0: a task that is held back delays by its limit, not by its work.",
        unit: "short",
        axis: "periods per second",
        width: 8,
        lines: [{ query: queries.throttled, legend: tag("task") }],
      }),
      timePanel({
        title: "Samples lost",
        description:
          "Look for anything above 0: gaps in these graphs are then Telegraf's, not the machine's.",
        unit: "short",
        axis: "per second",
        width: 8,
        lines: [{ query: queries.lostSamples, legend: `${tag("collector")} ${NODE} ${FIELD}` }],
      }),
    ],
  };
}

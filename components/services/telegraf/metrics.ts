// The node metrics that Telegraf writes to InfluxDB and the dashboards query. Only metrics in this list are collected.

/** Shortest time between two samples of what costs more than a file of /proc, s. */
export const SAMPLED_SEC = {
  /** Disks, clocks and Telegraf itself. */
  files: 10,
  /** Requests to the brokers through Jolokia. */
  brokers: 5,
  /**
   * Containers. Each request starts two processes in the engine (`runc --version` and `docker-init --version`) and asks
   * containerd for every container, which is most of what an idle collector costs.
   */
  engine: 30,
};

/** Metrics of every node, with the unit of each field. The tag `host` is the node's name in the swarm. */
export const NODE_METRICS = {
  /** Percent of one CPU, or of all CPUs if the tag is `cpu-total`. */
  cpu: {
    name: "cpu",
    tags: ["host", "cpu"],
    fields: {
      usage_active: "percent",
      usage_user: "percent",
      usage_system: "percent",
      usage_iowait: "percent",
      usage_irq: "percent",
      usage_softirq: "percent",
      usage_steal: "percent",
      usage_nice: "percent",
    },
  },
  memory: {
    name: "mem",
    tags: ["host"],
    fields: { total: "bytes", used: "bytes", available: "bytes", cached: "bytes", used_percent: "percent" },
  },
  system: { name: "system", tags: ["host"], fields: { load1: "tasks", n_cpus: "CPUs", uptime: "s" } },
  /** Counters. The tag `network` is `test` for the interface on the network between the nodes, otherwise `other`. */
  network: {
    name: "net",
    tags: ["host", "interface", "network"],
    fields: {
      bytes_recv: "bytes",
      bytes_sent: "bytes",
      packets_recv: "packets",
      packets_sent: "packets",
      err_in: "packets",
      err_out: "packets",
      drop_in: "packets",
      drop_out: "packets",
    },
  },
  /** The file system of the engine's images, volumes and containers. */
  disk: {
    name: "disk",
    tags: ["host", "path"],
    fields: { total: "bytes", used: "bytes", free: "bytes", used_percent: "percent" },
  },
  /** Counters. */
  diskIo: {
    name: "diskio",
    tags: ["host", "name"],
    fields: {
      read_bytes: "bytes",
      write_bytes: "bytes",
      reads: "operations",
      writes: "operations",
      io_time: "ms",
    },
  },
  /** Tags: `service` is the swarm service, `task` the service's name and the task's slot (no slot in a global service). */
  containerCpu: {
    name: "docker_container_cpu",
    tags: ["host", "service", "task"],
    fields: { usage_percent: "percent of one CPU", throttling_throttled_periods: "periods, counting up" },
  },
  containerMemory: {
    name: "docker_container_mem",
    tags: ["host", "service", "task"],
    fields: { usage: "bytes", limit: "bytes", max_usage: "bytes" },
  },
  /** Counters. */
  containerNetwork: {
    name: "docker_container_net",
    tags: ["host", "service", "task"],
    fields: { rx_bytes: "bytes", tx_bytes: "bytes" },
  },
  /**
   * State of a node's clock, from `/var/lib/swarmbench/clock/status.json`. Samples carry the time at which the file was
   * written, so a file that is no longer updated yields no new samples. The offset is the node's clock minus the first
   * node's clock.
   */
  clock: {
    name: "clock",
    tags: ["host", "kind"],
    fields: { state: "SLAVE, MASTER, NONE, DOWN, STALE, …", offset_us: "µs", path_delay_us: "µs" },
  },
  /** Telegraf's own counters. The tag `collector` is `node`, or `kafka`, which has no `host`. */
  telegraf: {
    name: "internal_agent",
    tags: ["host", "collector"],
    fields: {
      metrics_gathered: "samples",
      metrics_written: "samples",
      metrics_dropped: "samples",
      gather_errors: "errors",
    },
  },
} as const;

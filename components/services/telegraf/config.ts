import { stringify } from "smol-toml";
import { STATUS } from "../../../lib/clocks/nodeFiles.ts";
import { KAFKA_METRICS } from "./kafkaMetrics.ts";
import { NODE_METRICS } from "./metrics.ts";

/** Name of the token's file in /run/secrets. */
const TOKEN = "influx_token";
const NODE_NAME = environment("SWARMBENCH_NODE");
/** Most often that samples are taken which cost the node more than reading a file of /proc. */
const SLOW_SEC = 10;
/** Most often that brokers are asked through Jolokia. */
const BROKERS_SEC = 5;
/** Most often that samples are sent. */
const FLUSH_SEC = 5;
/** Samples kept while InfluxDB cannot be reached, the oldest dropped first: some ten minutes, and below 60 MB. */
const BUFFER_LIMIT = 30_000;
/** Number of a task, or id of a node in a global service, then the task's id: `kafka-1.1.x7q…`. */
const TASK_NAME = "^(.+)\\.[a-z0-9]{25}$";
const GLOBAL_TASK_NAME = "^(.+)\\.[a-z0-9]{25}\\.[a-z0-9]{25}$";

export interface Output {
  /** Of InfluxDB, as the task reaches it. */
  url: string;
  org: string;
  bucket: string;
  /** Between two samples. */
  intervalSec: number;
}

interface NodeConfig extends Output {
  /**
   * Name of the interface of the network between the nodes, where it is the same on all.
   * Default: what the image's entry script found (`TEST_INTERFACE`), else eth0.
   */
  testInterface?: string;
}

interface Broker {
  /** As in the dashboards. */
  name: string;
  jolokiaUrl: string;
}

/**
 * What a task needs to measure its node rather than itself. Swarm cannot give a task both the node's network and the
 * overlay, so the node's counters come in as files. They are named one by one: the whole of /proc would show every
 * process's environment, and its `net` is that of whoever reads it.
 *
 * A node of the local testbed is a container: its network is its own, but processor, memory and disk are those of the
 * machine, the same on all nodes. There the containers' figures tell the nodes apart.
 */
export const NODE_MOUNTS = [
  ...["stat", "meminfo", "loadavg", "uptime", "diskstats", "vmstat", "cpuinfo"].map((file) =>
    bind(`/proc/${file}`, `/hostfs/proc/${file}`),
  ),
  bind("/proc/1/net", "/hostfs/proc/net"),
  // The folder, since the file in it is another one each second.
  bind(STATUS, "/hostfs/clock"),
  bind("/var/run/docker.sock", "/var/run/docker.sock"),
];

function bind(source: string, target: string) {
  return { type: "bind" as const, source, target, readOnly: true };
}

/**
 * Environment of every Telegraf task; swarm fills in the node's name.
 *
 * @param networkAddress an address on the network between the nodes, by which each finds its interface of that network
 */
export function nodeEnvironment(networkAddress: string): Record<string, string> {
  return {
    SWARMBENCH_NODE: "{{.Node.Hostname}}",
    SWARMBENCH_NETWORK_ADDRESS: networkAddress,
    HOST_PROC: "/hostfs/proc",
    // The mounts of the task itself, of which the first is on the file system of the engine's data.
    HOST_PROC_MOUNTINFO: "/proc/self",
  };
}

/** Configuration of the task that is on every node: the node, and the containers on it. */
export function nodeConfig({
  testInterface = environment("TEST_INTERFACE:-eth0"),
  ...output
}: NodeConfig): string {
  const slow = { interval: `${Math.max(output.intervalSec, SLOW_SEC)}s` };
  return stringify({
    ...common(output),
    agent: agent(output.intervalSec, { hostname: NODE_NAME }),
    inputs: {
      cpu: [{ percpu: true, totalcpu: true, report_active: true, ...fields(NODE_METRICS.cpu) }],
      mem: [fields(NODE_METRICS.memory)],
      system: [fields(NODE_METRICS.system)],
      net: networkInputs(testInterface),
      // The engine's data are where the root of every container is.
      disk: [
        {
          ...slow,
          mount_points: ["/"],
          ignore_fs: [],
          ...fields(NODE_METRICS.disk),
          tagexclude: ["device", "fstype", "mode"],
        },
      ],
      diskio: [
        {
          ...slow,
          skip_serial_number: true,
          ...fields(NODE_METRICS.diskIo),
          tagdrop: { name: ["loop*", "ram*"] },
        },
      ],
      docker: [{ ...slow, ...dockerInput() }],
      file: [{ ...slow, ...clockInput() }],
      internal: [{ ...slow, ...internalInput("node") }],
    },
    processors: { regex: [taskNames()] },
  });
}

/** Configuration of the one task that asks all brokers. Its host is not told: what it measures is elsewhere. */
export function kafkaConfig({ brokers, ...output }: Output & { brokers: readonly Broker[] }): string {
  return stringify({
    ...common(output),
    agent: agent(Math.max(output.intervalSec, BROKERS_SEC), { omit_hostname: true }),
    inputs: {
      jolokia2_agent: brokers.map(({ name, jolokiaUrl }) => ({
        urls: [jolokiaUrl],
        response_timeout: "5s",
        tagexclude: ["jolokia_agent_url"],
        tags: { broker: name },
        metric: Object.values(KAFKA_METRICS).flatMap(jolokiaMetrics),
      })),
      internal: [internalInput("kafka")],
    },
  });
}

function agent(intervalSec: number, host: { hostname: string } | { omit_hostname: true }) {
  return {
    interval: `${intervalSec}s`,
    round_interval: true,
    flush_interval: `${Math.max(intervalSec, FLUSH_SEC)}s`,
    metric_batch_size: 5000,
    metric_buffer_limit: BUFFER_LIMIT,
    quiet: true,
    ...host,
  };
}

function common({ url, org, bucket }: Output) {
  return {
    secretstores: { docker: [{ id: "secrets" }] },
    outputs: {
      influxdb_v2: [{ urls: [url], organization: org, bucket, token: `@{secrets:${TOKEN}}` }],
    },
  };
}

function internalInput(collector: "node" | "kafka") {
  return {
    collect_memstats: false,
    namepass: [NODE_METRICS.telegraf.name],
    ...fields(NODE_METRICS.telegraf),
    tagexclude: ["version", "go_version"],
    tags: { collector },
  };
}

function networkInputs(testInterface: string) {
  const net = (network: string, filter: object) => ({
    ignore_protocol_stats: true,
    ...fields(NODE_METRICS.network),
    ...filter,
    tags: { network },
  });
  return [
    net("test", { interfaces: [testInterface] }),
    // A veth is one end of a container's network, and its name another one at every start.
    net("other", { interfaces: ["*"], tagdrop: { interface: [testInterface, "lo", "veth*"] } }),
  ];
}

/** What has no value (null) is left out: a clock that follows none has no offset. */
function clockInput() {
  const { name, fields, tags } = NODE_METRICS.clock;
  return {
    files: ["/hostfs/clock/status.json"],
    data_format: "json",
    name_override: name,
    tag_keys: tags.filter((tag) => tag !== "host"),
    json_string_fields: ["state"],
    json_time_key: "at",
    json_time_format: "unix",
    fieldinclude: Object.keys(fields),
  };
}

/** Only tasks of the swarm, and no tag that is another one for each container: series would grow with every start. */
function dockerInput() {
  const { containerCpu, containerMemory, containerNetwork } = NODE_METRICS;
  return {
    endpoint: "unix:///var/run/docker.sock",
    perdevice: false,
    // Without it, of the totals below there is only the processor's; Telegraf 1.30 warns of it all the same.
    total: true,
    perdevice_include: [],
    total_include: ["cpu", "network"],
    docker_label_include: ["com.docker.swarm.service.name"],
    namepass: [containerCpu.name, containerMemory.name, containerNetwork.name],
    fieldinclude: [containerCpu, containerMemory, containerNetwork].flatMap(({ fields }) =>
      Object.keys(fields),
    ),
    tagexclude: [
      "container_image",
      "container_version",
      "container_status",
      "engine_host",
      "server_version",
      "cpu",
      "network",
    ],
    tagpass: { "com.docker.swarm.service.name": ["*"] },
  };
}

/** Makes the tags `service` and `task` of what the engine says of a container. */
function taskNames() {
  return {
    namepass: ["docker_*"],
    tags: [
      { key: "container_name", pattern: GLOBAL_TASK_NAME, replacement: "$1" },
      { key: "container_name", pattern: TASK_NAME, replacement: "$1" },
    ],
    tag_rename: [
      { pattern: "^container_name$", replacement: "task" },
      { pattern: "^com\\.docker\\.swarm\\.service\\.name$", replacement: "service" },
    ],
  };
}

const fields = (metric: { fields: object }) => ({ fieldinclude: Object.keys(metric.fields) });

function jolokiaMetrics({ name, mbeans, tags, fields }: (typeof KAFKA_METRICS)[keyof typeof KAFKA_METRICS]) {
  const tagKeys = tags.filter((tag) => tag !== "broker");
  const [field = "", ...more] = Object.keys(fields);
  return mbeans.map((mbean) => ({
    name,
    mbean,
    // A value inside an attribute is asked for with a slash, and stored with a dot.
    paths: Object.keys(fields).map((field) => field.replace(".", "/")),
    // Of a single attribute of many objects Telegraf 1.30 would make `Count.Count`.
    field_name: more.length === 0 ? field : undefined,
    tag_keys: tagKeys.length > 0 ? tagKeys : undefined,
  }));
}

/** A place that Telegraf fills from its environment. */
function environment(name: string): string {
  return `\${${name}}`;
}

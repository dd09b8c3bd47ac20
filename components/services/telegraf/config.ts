import { stringify } from "smol-toml";
import { STATUS } from "../../../lib/clocks/nodeFiles.ts";
import { KAFKA_METRICS } from "./kafkaMetrics.ts";
import { NODE_METRICS, SAMPLED_SEC } from "./metrics.ts";

/** Name of the token's file in /run/secrets. */
const TOKEN = "influx_token";
const NODE_NAME = environment("SWARMBENCH_NODE");
/** Shortest interval of writes to InfluxDB. */
const FLUSH_SEC = 5;
/** Samples kept while InfluxDB is unreachable (about ten minutes, less than 60 MB); the oldest are dropped first. */
const BUFFER_LIMIT = 30_000;
/** Container names of tasks: service, slot (or node id in a global service), task id, as in `kafka-1.1.x7q…`. */
const TASK_NAME = "^(.+)\\.[a-z0-9]{25}$";
const GLOBAL_TASK_NAME = "^(.+)\\.[a-z0-9]{25}\\.[a-z0-9]{25}$";

/** Where a collector writes, and how often it samples. */
export interface Output {
  /** InfluxDB's URL on the overlay network. */
  url: string;
  /** Path of the certificate of the authority that signed InfluxDB's own; undefined for an HTTP URL. */
  caFile?: string | undefined;
  org: string;
  bucket: string;
  /** Time between two samples. */
  intervalSec: number;
}

interface NodeConfig extends Output {
  /**
   * The interface on the network between the nodes, if it has the same name on all nodes.
   * Default: the one that the image's entry script found (`TEST_INTERFACE`), otherwise eth0.
   */
  testInterface?: string;
}

interface Broker {
  /** The broker's name in the dashboards. */
  name: string;
  jolokiaUrl: string;
}

/**
 * Mounts with which a task measures its node instead of its own container. Swarm cannot attach a task to both the
 * node's network and the overlay, so the node's counters are mounted as files. Single files of /proc are mounted because
 * all of /proc would expose the environment of every process, and `/proc/net` always shows the reader's own network.
 *
 * Nodes of the local testbed are containers: each has its own network, but CPU, memory and disk metrics are those of
 * the one machine, the same on all nodes. There only the container metrics differ between nodes.
 */
export const NODE_MOUNTS = [
  ...["stat", "meminfo", "loadavg", "uptime", "diskstats", "vmstat", "cpuinfo"].map((file) =>
    bind(`/proc/${file}`, `/hostfs/proc/${file}`),
  ),
  bind("/proc/1/net", "/hostfs/proc/net"),
  // The folder, because the file in it is replaced every second.
  bind(STATUS, "/hostfs/clock"),
  bind("/var/run/docker.sock", "/var/run/docker.sock"),
];

function bind(source: string, target: string) {
  return { type: "bind" as const, source, target, readOnly: true };
}

/**
 * Environment of every Telegraf task. Swarm fills in the node's name.
 *
 * @param networkAddress an address on the network between the nodes: each task finds the interface on that network by it
 */
export function nodeEnvironment(networkAddress: string): Record<string, string> {
  return {
    SWARMBENCH_NODE: "{{.Node.Hostname}}",
    SWARMBENCH_NETWORK_ADDRESS: networkAddress,
    HOST_PROC: "/hostfs/proc",
    // The task's own mounts: the first one is on the file system of the engine's data.
    HOST_PROC_MOUNTINFO: "/proc/self",
  };
}

/** Configuration of the tasks that run on every node and sample the node and its containers. */
export function nodeConfig({
  testInterface = environment("TEST_INTERFACE:-eth0"),
  ...output
}: NodeConfig): string {
  const noOftenerThan = (seconds: number) => ({ interval: `${Math.max(output.intervalSec, seconds)}s` });
  const slow = noOftenerThan(SAMPLED_SEC.files);
  return stringify({
    ...common(output),
    agent: agent(output.intervalSec, { hostname: NODE_NAME }),
    inputs: {
      cpu: [{ percpu: true, totalcpu: true, report_active: true, ...fields(NODE_METRICS.cpu) }],
      mem: [fields(NODE_METRICS.memory)],
      system: [fields(NODE_METRICS.system)],
      net: networkInputs(testInterface),
      // The root of every container is on the file system of the engine's data.
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
      docker: [{ ...noOftenerThan(SAMPLED_SEC.engine), ...dockerInput() }],
      file: [{ ...slow, ...clockInput() }],
      internal: [{ ...slow, ...internalInput("node") }],
    },
    processors: { regex: [taskNames()] },
  });
}

/** Configuration of the one task that samples all brokers. It has no host tag, because the brokers are on other nodes. */
export function kafkaConfig({ brokers, ...output }: Output & { brokers: readonly Broker[] }): string {
  return stringify({
    ...common(output),
    agent: agent(Math.max(output.intervalSec, SAMPLED_SEC.brokers), { omit_hostname: true }),
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

function common({ url, caFile, org, bucket }: Output) {
  const tls = caFile === undefined ? {} : { tls_ca: caFile, tls_min_version: "TLS12" };
  return {
    secretstores: { docker: [{ id: "secrets" }] },
    outputs: {
      influxdb_v2: [{ urls: [url], organization: org, bucket, token: `@{secrets:${TOKEN}}`, ...tls }],
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
    // Veth interfaces belong to containers, and their names change at every start.
    net("other", { interfaces: ["*"], tagdrop: { interface: [testInterface, "lo", "veth*"] } }),
  ];
}

/** Fields that are null are left out: a clock that follows no other clock has no offset. */
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

/** Only tasks of the swarm, and no tag that differs per container: every start would add new series. */
function dockerInput() {
  const { containerCpu, containerMemory, containerNetwork } = NODE_METRICS;
  return {
    // The default socket, with the API version that the image's entry script has set (telegraf-boot).
    endpoint: "ENV",
    perdevice: false,
    // Without it `total_include` only yields the CPU total. Telegraf 1.30 logs a deprecation warning for it.
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

/** Derives the tags `service` and `task` from a container's name and labels. */
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
    // A value inside an attribute has a slash in the request and a dot in its field name.
    paths: Object.keys(fields).map((field) => field.replace(".", "/")),
    // Without a field name, Telegraf 1.30 stores a single attribute of several objects as `Count.Count`.
    field_name: more.length === 0 ? field : undefined,
    tag_keys: tagKeys.length > 0 ? tagKeys : undefined,
  }));
}

/** A placeholder that Telegraf replaces from its environment. */
function environment(name: string): string {
  return `\${${name}}`;
}

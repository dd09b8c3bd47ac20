import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kafkaConfig, NODE_MOUNTS, nodeConfig, nodeEnvironment } from "./config.ts";
import { KAFKA_METRICS } from "./kafkaMetrics.ts";

const OUTPUT = { url: "http://influxdb:8086", org: "swarmbench", bucket: "bench", intervalSec: 1 };
const BROKERS = [1, 2].map((id) => ({
  name: `broker-${id}`,
  jolokiaUrl: `http://broker-${id}:8778/jolokia`,
}));
const configs = { node: nodeConfig(OUTPUT), kafka: kafkaConfig({ ...OUTPUT, brokers: BROKERS }) };

/** The TOML tables with this name, each including its nested tables. */
function tables(config: string, name: string): string[] {
  const heads = [...config.matchAll(/^\[+([^\]\n]+)\]+$/gm)].map(({ 1: path = "", index }) => ({
    path,
    index,
  }));
  return heads.flatMap(({ path, index }, at) => {
    const next = heads.slice(at + 1).find((head) => !head.path.startsWith(`${name}.`));
    return path === name ? [config.slice(index, next?.index)] : [];
  });
}

for (const [name, config] of Object.entries(configs)) {
  describe(`configuration of the ${name} collector`, () => {
    it("contains the token's file name, not the token", () => {
      assert.match(config, /token = "@\{secrets:influx_token\}"/);
      assert.equal(tables(config, "secretstores.docker").length, 1);
    });

    it("writes to the given bucket", () => {
      const [output = ""] = tables(config, "outputs.influxdb_v2");
      assert.match(output, /urls = \[ "http:\/\/influxdb:8086" \]/);
      assert.match(output, /organization = "swarmbench"\nbucket = "bench"/);
    });

    it("writes over HTTP without options of TLS", () => assert.doesNotMatch(config, /tls_|skip_verify/));

    it("collects at the configured interval, and sends every five seconds", () => {
      const [agent = ""] = tables(config, "agent");
      assert.match(agent, name === "node" ? /\ninterval = "1s"/ : /\ninterval = "5s"/);
      assert.match(agent, /\nflush_interval = "5s"/);
    });
  });
}

describe("the output to an InfluxDB with TLS", () => {
  const secure = { ...OUTPUT, url: "https://influxdb:8086", caFile: "/etc/telegraf/influxdb-ca.pem" };
  for (const config of [nodeConfig(secure), kafkaConfig({ ...secure, brokers: BROKERS })]) {
    it(`verifies its certificate with the stack's authority (${/omit_hostname/.test(config) ? "kafka" : "node"})`, () => {
      const [output = ""] = tables(config, "outputs.influxdb_v2");
      assert.match(output, /urls = \[ "https:\/\/influxdb:8086" \]/);
      assert.match(output, /\ntls_ca = "\/etc\/telegraf\/influxdb-ca\.pem"\ntls_min_version = "TLS12"/);
      assert.doesNotMatch(config, /skip_verify/);
    });
  }
});

describe("nodeConfig", () => {
  it("has the node's name as host, not the container's", () => {
    assert.match(configs.node, /hostname = "\$\{SWARMBENCH_NODE\}"/);
    assert.equal(nodeEnvironment("10.0.0.10").SWARMBENCH_NODE, "{{.Node.Hostname}}");
  });

  it("passes an address on the test network to the image's entry script", () => {
    assert.equal(nodeEnvironment("10.0.0.10").SWARMBENCH_NETWORK_ADDRESS, "10.0.0.10");
  });

  it("reads only files of /proc every second, other files every 10 s and the engine every 30 s", () => {
    for (const cheap of ["cpu", "mem", "system", "net"]) {
      for (const input of tables(configs.node, `inputs.${cheap}`))
        assert.ok(!input.includes("interval ="), cheap);
    }
    const slow = { docker: "30s", disk: "10s", diskio: "10s", file: "10s", internal: "10s" };
    for (const [name, interval] of Object.entries(slow)) {
      for (const input of tables(configs.node, `inputs.${name}`))
        assert.ok(input.includes(`\ninterval = "${interval}"`), name);
    }
  });

  it("never samples more often than configured", () => {
    const [docker = ""] = tables(nodeConfig({ ...OUTPUT, intervalSec: 60 }), "inputs.docker");
    assert.match(docker, /\ninterval = "60s"/);
  });

  it("counts each interface once: as the test network's, or as another one", () => {
    const [test = "", other = ""] = tables(nodeConfig({ ...OUTPUT, testInterface: "ens4" }), "inputs.net");
    assert.match(test, /interfaces = \[ "ens4" \]/);
    assert.match(test, /network = "test"/);
    assert.match(other, /interface = \[ "ens4", "lo", "veth\*" \]/);
    assert.match(other, /network = "other"/);
  });

  it("uses the interface that the image's entry script finds, otherwise eth0", () => {
    assert.match(configs.node, /interfaces = \[ "\$\{TEST_INTERFACE:-eth0\}" \]/);
  });

  it("has no container tags except service and task", () => {
    const [docker = ""] = tables(configs.node, "inputs.docker");
    assert.match(docker, /docker_label_include = \[ "com\.docker\.swarm\.service\.name" \]/);
    for (const dropped of ["container_image", "container_version", "container_status", "engine_host"]) {
      assert.match(docker, new RegExp(`tagexclude = .*"${dropped}"`));
    }
  });

  it("reads the clock's status with the time at which it was written", () => {
    const [file = ""] = tables(configs.node, "inputs.file");
    assert.match(file, /files = \[ "\/hostfs\/clock\/status\.json" \]\ndata_format = "json"/);
    assert.match(
      file,
      /name_override = "clock"\ntag_keys = \[ "kind" \]\njson_string_fields = \[ "state" \]/,
    );
    assert.match(file, /json_time_key = "at"\njson_time_format = "unix"/);
  });

  it("identifies tasks by their slot, which a new container of the task keeps", () => {
    const id = "x7q0abcdefghijklmnopqrstu";
    const patterns = [...configs.node.matchAll(/key = "container_name"\npattern = (".+")/g)].map(
      ([, pattern]) => new RegExp(JSON.parse(pattern ?? '""')),
    );
    const named = (container: string) =>
      patterns.reduce((name, pattern) => name.replace(pattern, "$1"), container);
    assert.equal(named(`kafka-1.1.${id}`), "kafka-1.1");
    assert.equal(named(`telegraf.${id}.${id}`), "telegraf");
  });
});

describe("NODE_MOUNTS", () => {
  it("expose the node's counters, but no process's environment", () => {
    const sources = NODE_MOUNTS.map(({ source }) => source);
    assert.ok(sources.includes("/proc/1/net"));
    assert.ok(!sources.some((source) => ["/", "/proc", "/proc/1"].includes(source)));
  });

  it("expose the folder of the clock's status, because the file in it is replaced every second", () => {
    assert.ok(NODE_MOUNTS.some(({ source }) => source === "/var/lib/swarmbench/clock"));
  });

  it("are read-only", () => {
    assert.ok(NODE_MOUNTS.every(({ readOnly }) => readOnly));
  });
});

describe("kafkaConfig", () => {
  const agents = tables(configs.kafka, "inputs.jolokia2_agent");

  it("samples each broker separately, so that one that is down does not block others", () => {
    assert.equal(agents.length, BROKERS.length);
    BROKERS.forEach(({ name, jolokiaUrl }, index) => {
      assert.ok(agents[index]?.includes(`urls = [ "${jolokiaUrl}" ]`));
      assert.ok(agents[index]?.includes(`broker = "${name}"`));
    });
  });

  it("requests every object of every metric", () => {
    for (const { mbeans } of Object.values(KAFKA_METRICS)) {
      for (const mbean of mbeans) assert.ok(agents[0]?.includes(`mbean = "${mbean}"`), mbean);
    }
  });

  it("sets the field name of a single attribute, which Telegraf would otherwise double", () => {
    const [topics = ""] = tables(configs.kafka, "inputs.jolokia2_agent.metric").filter((metric) =>
      metric.includes('name = "kafka_topics"'),
    );
    assert.match(topics, /paths = \[ "Count" \]\nfield_name = "Count"/);
  });

  it("does not report the collector's node as the brokers' host", () => {
    assert.match(configs.kafka, /omit_hostname = true/);
  });
});

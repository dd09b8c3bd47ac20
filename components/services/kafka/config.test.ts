import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { environmentName, PROPERTIES } from "../../../config/kafka/properties.ts";
import { type KafkaNode, type Member, planCluster } from "../../../config/kafka/topology.ts";
import { SECURITY_PROTOCOLS } from "../../../config/services/index.ts";
import { addressOn } from "./addresses.ts";
import { type BrokerSettings, internalClientProperties, renderBroker } from "./config.ts";

const nodes: KafkaNode[] = Array.from({ length: 8 }, (_, index) => ({
  name: `node${index + 1}`,
  address: `10.0.0.${index + 10}`,
  role: index < 5 ? "broker" : "agent",
}));
const plain: BrokerSettings = { security: "PLAINTEXT", config: {}, heapMiB: 1024, jvmOptions: [] };

function render(
  name: string,
  brokers: number,
  settings: Partial<BrokerSettings> = {},
  addressOf = (member: Member) => ({ ...addressOn("overlay", member), host: `kafka-${member.name}` }),
) {
  const plan = planCluster({ brokers, nodes });
  const member = plan.members.find((candidate) => candidate.name === name) ?? assert.fail(name);
  const placed = { member, plan, clusterId: "an-id", addressOf };
  return renderBroker(placed, { ...plain, ...settings });
}

describe("the environment of a Kafka server", () => {
  it("has everything that the image needs for one broker", () =>
    assert.deepEqual(render("broker-1", 1), {
      CLUSTER_ID: "an-id",
      KAFKA_ADVERTISED_LISTENERS: "CLIENT://kafka-broker-1:9092,INTERNAL://kafka-broker-1:9094",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@kafka-broker-1:9093",
      KAFKA_DEFAULT_REPLICATION_FACTOR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
      KAFKA_HEAP_OPTS: "-Xms1024m -Xmx1024m",
      KAFKA_INTER_BROKER_LISTENER_NAME: "INTERNAL",
      KAFKA_LISTENERS: "CLIENT://:9092,INTERNAL://:9094,CONTROLLER://:9093",
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
        "CLIENT:PLAINTEXT,EXTERNAL:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_LOG_DIRS: "/var/lib/kafka/data",
      KAFKA_METADATA_MAX_IDLE_INTERVAL_MS: "5000",
      KAFKA_MIN_INSYNC_REPLICAS: "1",
      KAFKA_NODE_ID: "1",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_OPTS:
        "-javaagent:/opt/jolokia/jolokia.jar=port=8778,host=0.0.0.0,discoveryEnabled=false," +
        "policyLocation=file:/opt/jolokia/policy.xml",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: "1",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
    }));

  it("lists every voter, and has a single role if controllers are dedicated", () => {
    const environment = render("broker-2", 4);
    assert.equal(
      environment.KAFKA_CONTROLLER_QUORUM_VOTERS,
      "1001@kafka-controller-1:9093,1002@kafka-controller-2:9093,1003@kafka-controller-3:9093",
    );
    assert.equal(environment.KAFKA_PROCESS_ROLES, "broker");
    assert.equal(environment.KAFKA_LISTENERS, "CLIENT://:9092,INTERNAL://:9094");
  });

  it("of a dedicated controller advertises nothing, because the image rejects that", () => {
    const environment = render("controller-1", 4, { externalPort: 19092 });
    assert.equal(environment.KAFKA_LISTENERS, "CONTROLLER://:9093");
    assert.equal(environment.KAFKA_ADVERTISED_LISTENERS, undefined);
    assert.equal(environment.KAFKA_INTER_BROKER_LISTENER_NAME, undefined);
  });

  it("advertises the node's address to clients outside the swarm if a port is set", () => {
    const environment = render("broker-2", 3, { externalPort: 19092 });
    assert.match(environment.KAFKA_ADVERTISED_LISTENERS ?? "", /,EXTERNAL:\/\/10\.0\.0\.11:19092$/);
    assert.match(environment.KAFKA_LISTENERS ?? "", /,EXTERNAL:\/\/:9095,/);
  });

  for (const [brokers, replicas, inSync] of [
    [1, "1", "1"],
    [2, "2", "1"],
    [3, "3", "2"],
    [5, "3", "2"],
  ] as const) {
    it(`keeps ${replicas} replicas, ${inSync} of them in sync, for ${brokers} brokers`, () => {
      const environment = render("broker-1", brokers);
      for (const name of [
        "DEFAULT",
        "OFFSETS_TOPIC",
        "TRANSACTION_STATE_LOG",
        "SHARE_COORDINATOR_STATE_TOPIC",
      ]) {
        assert.equal(environment[`KAFKA_${name}_REPLICATION_FACTOR`], replicas, name);
      }
      assert.equal(environment.KAFKA_MIN_INSYNC_REPLICAS, inSync);
      assert.equal(environment.KAFKA_TRANSACTION_STATE_LOG_MIN_ISR, inSync);
      assert.equal(environment.KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR, inSync);
    });
  }

  it("prefers configured properties to the defaults", () => {
    const config = {
      "min.insync.replicas": 3,
      "num.io.threads": 16,
      "log.cleanup.policy": ["compact", "delete"],
    };
    const environment = render("broker-1", 3, { config });
    assert.equal(environment.KAFKA_MIN_INSYNC_REPLICAS, "3");
    assert.equal(environment.KAFKA_NUM_IO_THREADS, "16");
    assert.equal(environment.KAFKA_LOG_CLEANUP_POLICY, "compact,delete");
  });

  it("preserves a backslash in the properties file", () =>
    assert.equal(render("broker-1", 1, { config: { "broker.rack": "a\\b" } }).KAFKA_BROKER_RACK, "a\\\\b"));

  it("has the configured JVM options after the metrics agent", () =>
    assert.match(
      render("broker-1", 1, { jvmOptions: ["-Xlog:gc", "-Da=b"] }).KAFKA_OPTS ?? "",
      /^-javaagent:\S+ -Xlog:gc -Da=b$/,
    ));

  for (const collector of ["Z", "Shenandoah", "Parallel", "Serial"])
    it(`disables the image's garbage collector if ${collector}GC is configured`, () =>
      assert.match(
        render("broker-1", 1, { jvmOptions: [`-XX:+Use${collector}GC`] }).KAFKA_OPTS ?? "",
        new RegExp(` -XX:-UseG1GC -XX:\\+Use${collector}GC$`),
      ));

  for (const option of ["-XX:+UseG1GC", "-XX:+UseAdaptiveSizePolicyWithSystemGC", "-XX:-UseZGC"])
    it(`keeps the image's garbage collector with ${option}`, () =>
      assert.doesNotMatch(render("broker-1", 1, { jvmOptions: [option] }).KAFKA_OPTS ?? "", / -XX:-UseG1GC/));

  it("does not depend on the order of the configured properties", () => {
    const pairs = { "num.io.threads": 16, "num.network.threads": 4, "broker.rack": "r" };
    const reversed = Object.fromEntries(Object.entries(pairs).reverse());
    const [one, other] = [pairs, reversed].map((config) => JSON.stringify(render("broker-1", 1, { config })));
    assert.equal(one, other);
  });

  it("contains only properties that Kafka has, whatever the configuration", () => {
    const known = new Set([...PROPERTIES.keys()].map(environmentName));
    const image = /^(CLUSTER_ID|KAFKA_HEAP_OPTS|KAFKA_OPTS|KAFKA_LISTENER_NAME_(CLIENT|EXTERNAL)_.*)$/;
    const security = fc.constantFrom(...SECURITY_PROTOCOLS);
    const externalPort = fc.constantFrom({}, { externalPort: 19092 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), security, externalPort, (brokers, protocol, external) => {
        for (const { name } of planCluster({ brokers, nodes }).members) {
          const names = Object.keys(render(name, brokers, { security: protocol, ...external }));
          assert.deepEqual(
            names.filter((variable) => !known.has(variable) && !image.test(variable)),
            [],
          );
        }
      }),
    );
  });
});

describe("a Kafka server on its node's own network", () => {
  const onHost = (name: string, brokers: number, settings: Partial<BrokerSettings> = {}) =>
    render(name, brokers, settings, (member) => addressOn("host", member));

  it("listens only on its node's address, and advertises it", () => {
    const environment = onHost("broker-2", 3);
    assert.equal(
      environment.KAFKA_LISTENERS,
      "CLIENT://10.0.0.11:9092,INTERNAL://10.0.0.11:9094,CONTROLLER://10.0.0.11:9093",
    );
    assert.equal(environment.KAFKA_ADVERTISED_LISTENERS, "CLIENT://10.0.0.11:9092,INTERNAL://10.0.0.11:9094");
    assert.match(environment.KAFKA_OPTS ?? "", /=port=8778,host=10\.0\.0\.11,/);
  });

  it("finds the voters of the quorum by their nodes' addresses", () =>
    assert.equal(
      onHost("broker-1", 3).KAFKA_CONTROLLER_QUORUM_VOTERS,
      "1@10.0.0.10:9093,2@10.0.0.11:9093,3@10.0.0.12:9093",
    ));

  it("itself listens on the port for clients outside the swarm, because swarm publishes none", () => {
    const environment = onHost("broker-1", 1, { externalPort: 19_092 });
    assert.match(environment.KAFKA_LISTENERS ?? "", /,EXTERNAL:\/\/10\.0\.0\.10:19092,/);
    assert.match(environment.KAFKA_ADVERTISED_LISTENERS ?? "", /,EXTERNAL:\/\/10\.0\.0\.10:19092$/);
  });

  it("shares no port with a dedicated controller on the same node", () => {
    const few = nodes.slice(0, 4).map((node) => ({ ...node, role: "broker" as const }));
    const { members } = planCluster({ brokers: 4, nodes: few });
    assert.ok(new Set(members.map(({ node }) => node.name)).size < members.length, "some share a node");
    const sockets = members.flatMap((member) => {
      const placed = { member, plan: planCluster({ brokers: 4, nodes: few }), clusterId: "an-id" };
      const { KAFKA_LISTENERS: bound = "", KAFKA_OPTS: options = "" } = renderBroker(
        { ...placed, addressOf: (other) => addressOn("host", other) },
        plain,
      );
      const [, port] = /=port=(\d+),/.exec(options) ?? [];
      return [
        ...bound.split(",").map((each) => each.replace(/^.*\/\//, "")),
        `${member.node.address}:${port}`,
      ];
    });
    assert.deepEqual([...new Set(sockets)], sockets);
  });
});

describe("a secured Kafka server", () => {
  it("uses TLS with certificates on both ends among members, and requires no certificates from clients", () => {
    const environment = render("broker-1", 3, { security: "SSL" });
    assert.equal(
      environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP,
      "CLIENT:SSL,EXTERNAL:SSL,INTERNAL:SSL,CONTROLLER:SSL",
    );
    assert.equal(environment.KAFKA_SSL_CLIENT_AUTH, "required");
    assert.equal(environment.KAFKA_LISTENER_NAME_CLIENT_SSL_CLIENT_AUTH, "none");
    assert.equal(environment.KAFKA_SSL_KEYSTORE_LOCATION, "/run/secrets/kafka-key.pem");
    assert.equal(environment.KAFKA_SSL_TRUSTSTORE_LOCATION, "/run/secrets/kafka-ca.pem");
    assert.equal(environment.KAFKA_SASL_ENABLED_MECHANISMS, undefined);
  });

  it("requires a password from clients if SASL is on, also in plain text", () => {
    const environment = render("broker-1", 1, { security: "SASL_PLAINTEXT", externalPort: 19092 });
    assert.equal(
      environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP,
      "CLIENT:SASL_PLAINTEXT,EXTERNAL:SASL_PLAINTEXT,INTERNAL:SSL,CONTROLLER:SSL",
    );
    assert.equal(environment.KAFKA_SASL_ENABLED_MECHANISMS, "SCRAM-SHA-512");
    for (const listener of ["CLIENT", "EXTERNAL"]) {
      assert.equal(
        environment[`KAFKA_LISTENER_NAME_${listener}_SCRAM___SHA___512_SASL_JAAS_CONFIG`],
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
      );
    }
  });

  it("that is a dedicated controller has no listener for passwords", () =>
    assert.equal(
      render("controller-1", 4, { security: "SASL_SSL" }).KAFKA_SASL_ENABLED_MECHANISMS,
      undefined,
    ));

  it("lets its own tools connect with its own certificate", () => {
    assert.equal(
      internalClientProperties("SASL_SSL"),
      "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=/run/secrets/kafka-key.pem\n" +
        "ssl.truststore.type=PEM\nssl.truststore.location=/run/secrets/kafka-ca.pem\n",
    );
    assert.equal(internalClientProperties("PLAINTEXT"), "");
  });
});

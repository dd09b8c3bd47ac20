import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { STACK_IMAGES } from "../../cli/setup/imageDefinitions.ts";
import { metricsAgent } from "../../cli/setup/metricsAgent.ts";
import { official } from "../../cli/setup/official.ts";
import { kafka, kafkaJars, listKafkaProperties } from "../../offline/kafkaJars.ts";
import { checkProperties, environmentName, KAFKA_VERSION, PROPERTIES } from "./properties.ts";

const project = path.resolve(import.meta.dirname, "../..");

/** Converts a variable's name like Kafka's KafkaDockerWrapper. */
const propertyOf = (variable: string) =>
  variable
    .replace("KAFKA_", "")
    .toLowerCase()
    .replaceAll("_", ".")
    .replaceAll("...", "-")
    .replaceAll("..", "_");

describe("the list of Kafka's properties", () => {
  it("is of the image's version, whatever its source", () => {
    const pom = readFileSync(path.join(project, "offline/kafka/pom.xml"), "utf8");
    assert.match(pom, new RegExp(`<kafka.version>${KAFKA_VERSION}</kafka.version>`));
    assert.equal(official.image("kafka")?.base, `apache/kafka:${KAFKA_VERSION}`);
  });

  it("is the one in Kafka's jars", async (context) => {
    if (!existsSync(kafkaJars())) return context.skip("no jars yet: npm run setup");
    if (spawnSync("javac", ["-version"]).status !== 0) return context.skip("no JDK on this machine");
    const committed = readFileSync(path.join(project, "config/kafka/serverProperties.json"), "utf8");
    const topics = readFileSync(path.join(project, "contract/topicProperties.json"), "utf8");
    const list = await listKafkaProperties();
    assert.deepEqual({ ...JSON.parse(committed), topics: JSON.parse(topics) }, list);
  });
});

describe("the additions to the Kafka image", () => {
  it("are only the metrics agent if the base is the official image", async (context) => {
    if (!existsSync(kafkaJars())) return context.skip("no jars yet: npm run setup");
    assert.deepEqual(await official.image("kafka")?.payload(), {});
    assert.equal(STACK_IMAGES.kafka.addition, metricsAgent);
    assert.deepEqual(Object.keys(await metricsAgent()), ["/opt/jolokia/jolokia.jar"]);
  });

  it("are on this machine", async (context) => {
    if (!existsSync(kafkaJars())) return context.skip("no jars yet: npm run setup");
    const payload = { ...(await kafka()), ...(await metricsAgent()) };
    assert.deepEqual(
      Object.values(payload).filter((file) => !existsSync(file)),
      [],
    );
    assert.ok(Object.hasOwn(payload, "/opt/kafka/libs"));
  });
});

describe("a server property", () => {
  const accepted: Record<string, unknown> = {
    "num.network.threads": 8,
    "log.flush.interval.messages": "9223372036854775807",
    "log.retention.bytes": -1,
    "unclean.leader.election.enable": true,
    "auto.create.topics.enable": "false",
    "sasl.kerberos.ticket.renew.jitter": 0.05,
    "compression.type": "lz4",
    "log.cleanup.policy": ["compact", "delete"],
    "group.consumer.assignors": "uniform,range",
    "broker.rack": "r1",
    "controller.quorum.election.timeout.ms": 2000,
    "listener.name.client.max.connections": 100,
  };
  for (const [name, value] of Object.entries(accepted)) {
    it(`is accepted: ${name} = ${JSON.stringify(value)}`, () =>
      assert.deepEqual(checkProperties({ [name]: value }), []));
  }

  it("that is unknown is rejected with known ones of nearly the same name", () =>
    assert.deepEqual(checkProperties({ "num.netwrok.threads": 8 }), [
      `num.netwrok.threads: Kafka ${KAFKA_VERSION} has no such server property; did you mean num.network.threads?`,
    ]));

  it("that is unknown is rejected without a suggestion if none is near", () =>
    assert.doesNotMatch(checkProperties({ "warp.speed": 9 })[0] ?? "", /did you mean/));

  const explained: [name: string, explanation: RegExp][] = [
    ["zookeeper.connect", /no ZooKeeper: swarmbench sets up KRaft controllers/],
    ["inter.broker.protocol.version", /metadata\.version replaces it/],
    ["log.message.format.version", /only one message format/],
    ["offsets.commit.required.acks", /wait for all in-sync replicas/],
    ["advertised.port", /derives the listeners from kafka\.externalPort/],
    ["confluent.balancer.enable", /a property of Confluent Server/],
    ["linger.ms", /a property of clients.*workload\.lingerMs/],
    ["retention.ms", /a property of topics: set workload\.topicConfig; .*log\.retention\.ms/],
  ];
  for (const [name, explanation] of explained) {
    it(`that Kafka does not have is explained, without a suggestion: ${name}`, () => {
      const [error = ""] = checkProperties({ [name]: "1" });
      assert.match(error, explanation);
      assert.doesNotMatch(error, /did you mean/);
    });
  }

  it("is accepted if only a plugin reads it", () =>
    assert.deepEqual(
      checkProperties({
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": true,
        "remote.log.storage.system.enable": true,
        "rsm.config.dir": "/tmp/tier",
        "config.providers": "env",
        "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        "remote.log.storage.manager.impl.prefix": "mine.",
        "mine.bucket": "b",
      }),
      [],
    ));

  it("of an authorizer without rules is rejected, because brokers could not talk to each other", () =>
    assert.match(
      checkProperties({ "authorizer.class.name": "x.Y" })[0] ?? "",
      /^authorizer\.class\.name: .*set super\.users/,
    ));

  it("of a provider that is not listed is rejected", () =>
    assert.match(
      checkProperties({ "config.providers.env.class": "x.Y" })[0] ?? "",
      /does not list env; add it/,
    ));

  it("whose name the image would change is rejected", () =>
    assert.match(checkProperties({ "rsm.config.bucketName": "b" })[0] ?? "", /only lower-case letters/));

  it("of an unknown listener is rejected", () =>
    assert.match(
      checkProperties({ "listener.name.mine.max.connections": 1 })[0] ?? "",
      /no such server property/,
    ));

  const rejected: [name: string, value: unknown, message: RegExp][] = [
    ["num.network.threads", "many", /whole number from -2147483648 to 2147483647, got "many"/],
    ["num.network.threads", 2.5, /whole number/],
    ["num.network.threads", 2 ** 31, /whole number/],
    ["num.network.threads", 0, /a number in \[1,\.\.\.\], got 0/],
    ["log.flush.interval.messages", 2 ** 60, /write it in quotes/],
    ["log.flush.interval.messages", "9223372036854775808", /whole number/],
    ["log.cleaner.min.cleanable.ratio", 1.5, /a number in \[0,\.\.\.,1\], got 1.5/],
    ["log.cleaner.min.cleanable.ratio", "half", /expected a number/],
    ["auto.create.topics.enable", "yes", /true or false, got "yes"/],
    ["compression.type", "rar", /one of uncompressed, zstd, .*, got "rar"/],
    ["broker.rack", null, /a string, got null/],
    ["broker.rack", ["a"], /a string, got \["a"\]/],
    ["log.cleanup.policy", { a: 1 }, /a list of strings/],
    ["broker.rack", "r1\nlisteners=PLAINTEXT://:1", /one line/],
  ];
  for (const [name, value, message] of rejected) {
    it(`is rejected: ${name} = ${JSON.stringify(value)}`, () => {
      const [error, ...more] = checkProperties({ [name]: value });
      assert.match(error ?? "", message);
      assert.ok(error?.startsWith(`${name}: `));
      assert.deepEqual(more, []);
    });
  }

  for (const name of [
    "broker.id",
    "node.id",
    "process.roles",
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "inter.broker.listener.name",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "controller.listener.names",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "ssl.keystore.location",
    "ssl.client.auth",
    "listener.name.client.ssl.client.auth",
    "sasl.enabled.mechanisms",
  ]) {
    it(`is rejected, because swarmbench derives it: ${name}`, () =>
      assert.match(checkProperties({ [name]: "1" })[0] ?? "", /swarmbench derives it from /));
  }

  it("that is a secret is rejected", () =>
    assert.match(checkProperties({ "delegation.token.secret.key": "x" })[0] ?? "", /it is a secret/));

  it("is rejected together with all other errors", () =>
    assert.equal(checkProperties({ nonsense: 1, "num.io.threads": "a", "node.id": 3 }).length, 3));

  it("accepts Kafka's own default if users may set the property", () => {
    const all = [...PROPERTIES].filter(([name, { default: text }]) => {
      const [error] = checkProperties({ [name]: "" });
      return text !== null && !/swarmbench derives|a secret/.test(error ?? "");
    });
    assert.ok(all.length > 200, `${all.length}`);
    const config = Object.fromEntries(all.map(([name, { default: text }]) => [name, text]));
    assert.deepEqual(checkProperties(config), []);
  });
});

describe("the environment variable of a property", () => {
  it("is the one that Kafka's image reads", () =>
    assert.equal(
      environmentName("listener.name.client.scram-sha-512.sasl_jaas"),
      "KAFKA_LISTENER_NAME_CLIENT_SCRAM___SHA___512_SASL__JAAS",
    ));

  it("is converted back to the same property by the image, for every property of Kafka", () => {
    for (const name of PROPERTIES.keys()) assert.equal(propertyOf(environmentName(name)), name);
  });

  it("is converted back to the same property by the image, whatever the separators", () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    fc.assert(
      fc.property(word, fc.array(fc.tuple(fc.constantFrom(".", "_", "-"), word)), (first, rest) => {
        const name = first + rest.flat().join("");
        assert.equal(propertyOf(environmentName(name)), name);
      }),
    );
  });
});

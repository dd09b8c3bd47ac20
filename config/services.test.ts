import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defined } from "../test/support/defined.ts";
import { settingsErrorsOf } from "../test/support/settingsErrors.ts";
import type { ServiceSettings } from "./services/index.ts";
import { parseSettings } from "./settings.ts";

type Config = Record<string, object | string>;
function parse(config: Config = {}): ServiceSettings {
  const text = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(text), "local", "ann").services;
}
const errorsOf = (config: Config) =>
  settingsErrorsOf(() => parse(config)).map((line) => line.replace(/^swarmbench:/, ""));

describe("services that are not configured", () => {
  it("are all enabled, with their defaults and without limits", () => {
    assert.deepEqual(defined(parse()), {
      kafka: {
        brokers: 1,
        heapMiB: 1024,
        jvmOptions: [],
        config: {},
        security: "PLAINTEXT",
        externalAccess: "authenticated",
        rotation: 0,
        limits: {},
      },
      influxdb: {
        organization: "swarmbench",
        bucket: "bench",
        retentionSec: 30 * 86_400,
        tls: false,
        rotation: 0,
        limits: {},
      },
      telegraf: { intervalSec: 1, limits: {} },
      grafana: { rotation: 0, limits: {}, required: false },
      portainer: { rotation: 0, limits: {}, required: false },
    });
  });

  it("keep their defaults if another setting of the same service is set", () => {
    const { kafka } = parse({ kafka: { heap: "512 MiB" } });
    assert.deepEqual([kafka?.heapMiB, kafka?.brokers, kafka?.security], [512, 1, "PLAINTEXT"]);
  });
});

describe("a service", () => {
  for (const off of [false, "false"]) {
    it(`is left out if enabled is the ${typeof off} false`, () => {
      const services = ["kafka", "influxdb", "telegraf", "grafana", "portainer"];
      const config = Object.fromEntries(services.map((service) => [service, { enabled: off }]));
      assert.deepEqual(defined(parse(config)), {});
    });
  }

  for (const on of [true, "true"]) {
    it(`whose image may be missing is required if enabled is the ${typeof on} true`, () => {
      for (const service of ["grafana", "portainer"] as const) {
        assert.equal(parse({ [service]: { enabled: on } })[service]?.required, true, service);
      }
    });
  }

  for (const service of ["kafka", "influxdb", "telegraf", "grafana", "portainer"] as const) {
    it(`such as ${service} has its configured limits`, () => {
      const limits = parse({ [service]: { cpus: "1.5", memory: "2 GiB" } })[service]?.limits;
      assert.deepEqual(limits, { cpus: 1.5, memoryMiB: 2048 });
    });
  }

  it("rejects a memory limit in which no process can start", () => {
    assert.deepEqual(errorsOf({ grafana: { memory: "8 MiB" } }), [
      "grafana.memory: a service needs at least 64 MiB",
    ]);
  });

  for (const service of ["kafka", "influxdb", "grafana", "portainer"] as const) {
    it(`such as ${service} has its configured rotation`, () => {
      assert.equal(parse({ [service]: { rotation: "3" } })[service]?.rotation, 3);
    });
  }

  it("rejects an unknown setting", () => {
    assert.deepEqual(errorsOf({ telegraf: { intervall: "1 second" } }), [
      "telegraf: no such setting: intervall; did you mean interval?",
    ]);
  });
});

describe("Kafka's settings", () => {
  it("are the configured ones", () => {
    const given = {
      brokers: "1",
      heap: "2 GiB",
      jvmOptions: ["-XX:+UseZGC"],
      config: { "num.io.threads": 16 },
      security: "SASL_SSL",
      externalPort: "19092",
    };
    assert.deepEqual(defined(parse({ kafka: given }).kafka), {
      brokers: 1,
      heapMiB: 2048,
      jvmOptions: ["-XX:+UseZGC"],
      config: { "num.io.threads": 16 },
      security: "SASL_SSL",
      externalPort: 19_092,
      externalAccess: "authenticated",
      rotation: 0,
      limits: {},
    });
  });

  it("reject an unknown security protocol, and list the known ones", () => {
    assert.deepEqual(errorsOf({ kafka: { security: "TLS" } }), [
      "kafka.security: expected one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
    ]);
  });

  it("reject an unknown server property, and suggest similar ones", () => {
    const [error, ...more] = errorsOf({ kafka: { config: { "num.io.thread": 16 } } });
    assert.deepEqual(more, []);
    assert.match(error ?? "", /^kafka\.config\.num\.io\.thread\b.*num\.io\.threads/);
  });

  it("reject more brokers than there are nodes for them", () => {
    const [error, ...more] = errorsOf({ nodes: "3", kafka: { brokers: 2 } });
    assert.deepEqual(more, []);
    assert.match(
      error ?? "",
      /^kafka\.brokers: 2 brokers need 2 nodes of role broker, but there is 1 \(node2\)/,
    );
  });

  it("of a cluster that is switched off are not checked for its placement", () => {
    assert.equal(parse({ nodes: "3", kafka: { enabled: false, brokers: 2 } }).kafka, undefined);
  });

  it("reject a privileged port for clients outside the swarm", () => {
    assert.deepEqual(errorsOf({ kafka: { externalPort: 92 } }), [
      "kafka.externalPort: expected a whole number from 1024 to 65535",
    ]);
  });

  for (const [externalPort, message] of [
    [2377, "the swarm itself uses port 2377; choose another port for kafka.externalPort"],
    [7946, "the swarm itself uses port 7946; choose another port for kafka.externalPort"],
    [4789, "the swarm itself uses port 4789; choose another port for kafka.externalPort"],
    [
      5000,
      "the registry uses port 5000; choose another port for kafka.externalPort or for swarm.registryPort",
    ],
  ] as const) {
    it(`reject port ${externalPort} for clients outside the swarm, which is in use`, () => {
      assert.deepEqual(errorsOf({ kafka: { externalPort } }), [`kafka.externalPort: ${message}`]);
    });
  }

  it("accept the registry's default port if the registry uses another one", () => {
    const config = { swarm: { registryPort: 5001 }, kafka: { externalPort: 5000, externalAccess: "anyone" } };
    assert.equal(parse(config).kafka?.externalPort, 5000);
  });

  for (const security of ["PLAINTEXT", "SSL"]) {
    it(`reject an external port that ${security} leaves open to anyone`, () => {
      const kafka = { externalPort: 19_092, security };
      const [error, ...more] = errorsOf({ kafka });
      assert.match(error ?? "", new RegExp(`^kafka.externalPort: with kafka.security ${security} anyone`));
      assert.match(error ?? "", /set kafka\.security to SASL_SSL, or kafka\.externalAccess to anyone$/);
      assert.deepEqual(more, []);
      assert.equal(parse({ kafka: { ...kafka, externalAccess: "anyone" } }).kafka?.externalPort, 19_092);
    });
  }

  for (const option of ["UseZGC", "-Da=b -Dc=d", ""]) {
    it(`reject "${option}" as a JVM option`, () => {
      assert.deepEqual(errorsOf({ kafka: { jvmOptions: ["-Xss1m", option] } }), [
        'kafka.jvmOptions.1: expected a JVM option that starts with "-" and contains no blank, such as -XX:+UseZGC',
      ]);
    });
  }

  it("reject a memory limit that is too small for the heap", () => {
    assert.deepEqual(errorsOf({ kafka: { heap: "1 GiB", memory: "1331 MiB" } }), [
      "kafka.memory: a broker with a heap of 1024 MiB needs at least 1332 MiB, got 1331; raise it, or lower kafka.heap",
    ]);
  });

  it("accept a memory limit of 1.3 times the heap", () => {
    assert.equal(parse({ kafka: { heap: "1 GiB", memory: "1332 MiB" } }).kafka?.limits.memoryMiB, 1332);
  });

  it("reject a heap in which no broker starts", () => {
    assert.deepEqual(errorsOf({ kafka: { heap: "64 MiB" } }), [
      "kafka.heap: a broker's heap needs at least 128 MiB",
    ]);
  });
});

describe("the replicas of a Kafka cluster", () => {
  const withConfig = (config: object, brokers = 3) => ({ nodes: "7", kafka: { brokers, config } });

  for (const name of [
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
  ]) {
    it(`are rejected if ${name} is above the number of brokers`, () => {
      assert.deepEqual(errorsOf(withConfig({ [name]: "4" })), [
        `kafka.config.${name}: 4 replicas need 4 brokers, but kafka.brokers is 3; lower it, or raise kafka.brokers`,
      ]);
    });
  }

  for (const [replicas, inSync] of [
    ["default.replication.factor", "min.insync.replicas"],
    ["transaction.state.log.replication.factor", "transaction.state.log.min.isr"],
    ["share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"],
  ] as const) {
    const message = (count: number, minimum: number) =>
      `no record could be written, because ${inSync} (${minimum}) is above ${replicas} (${count}); lower the first, or raise the second`;
    it(`are rejected if ${inSync} is above them`, () => {
      assert.deepEqual(errorsOf(withConfig({ [inSync]: 4 })), [`kafka.config.${inSync}: ${message(3, 4)}`]);
    });
    it(`are rejected if ${replicas} is below the default of ${inSync}`, () => {
      assert.deepEqual(errorsOf(withConfig({ [replicas]: 1 })), [
        `kafka.config.${replicas}: ${message(1, 2)}`,
      ]);
    });
    it(`are accepted if ${inSync} equals them`, () => {
      assert.deepEqual(parse(withConfig({ [inSync]: 3 })).kafka?.config, { [inSync]: 3 });
    });
  }

  it("cause only one error if they are not a number", () => {
    const [error, ...more] = errorsOf(withConfig({ "default.replication.factor": "many" }));
    assert.deepEqual(more, []);
    assert.match(error ?? "", /expected a whole number/);
  });

  it("have defaults for each number of brokers that are accepted", () => {
    for (const brokers of [1, 2, 3]) assert.deepEqual(parse(withConfig({}, brokers)).kafka?.config, {});
  });
});

describe("InfluxDB's organization and bucket", () => {
  for (const key of ["organization", "bucket"]) {
    for (const name of [" ", " bench", "bench ", ""]) {
      it(`cannot be "${name}": ${key}`, () => {
        assert.deepEqual(errorsOf({ influxdb: { [key]: name } }), [
          `influxdb.${key}: expected a name without leading or trailing blanks, such as bench`,
        ]);
      });
    }
    it(`may contain a blank, or be a single letter: ${key}`, () => {
      for (const name of ["my lab", "b"]) assert.ok(parse({ influxdb: { [key]: name } }).influxdb);
    });
  }

  it("cannot be a bucket name that InfluxDB reserves", () => {
    assert.deepEqual(errorsOf({ influxdb: { bucket: "_bench" } }), [
      'influxdb.bucket: names that start with "_" are reserved by InfluxDB; choose another name',
    ]);
  });

  it("cannot be a bucket name with a quotation mark", () => {
    assert.deepEqual(errorsOf({ influxdb: { bucket: 'be"nch' } }), [
      "influxdb.bucket: InfluxDB does not allow quotation marks in the name of a bucket",
    ]);
  });
});

describe("InfluxDB's retention", () => {
  for (const [text, seconds] of [
    ["12 hours", 43_200],
    ["1 day", 86_400],
    ["1.1 hours", 3_960],
    ["forever", 0],
  ] as const) {
    it(`of ${text} is ${seconds} s for InfluxDB`, () => {
      assert.equal(parse({ influxdb: { retention: text } }).influxdb?.retentionSec, seconds);
    });
  }

  it("is at least 1 hour", () => {
    assert.deepEqual(errorsOf({ influxdb: { retention: "59 minutes" } }), [
      "influxdb.retention: expected at least 1 hour, the minimum of InfluxDB",
    ]);
  });

  it("is a number of whole seconds", () => {
    assert.deepEqual(errorsOf({ influxdb: { retention: "4000.5 seconds" } }), [
      'influxdb.retention: expected whole seconds, such as "90 seconds"',
    ]);
  });
});

describe("InfluxDB's TLS", () => {
  const tlsOf = (config: Config) => parse(config).influxdb?.tls;

  for (const [security, tls] of [
    ["PLAINTEXT", false],
    ["SSL", true],
    ["SASL_PLAINTEXT", false],
    ["SASL_SSL", true],
  ] as const) {
    it(`is ${tls ? "on" : "off"} by default if clients of Kafka use ${security}`, () => {
      assert.equal(tlsOf({ kafka: { security } }), tls);
    });
    it(`can be switched ${tls ? "off" : "on"} if they use ${security}`, () => {
      assert.equal(tlsOf({ kafka: { security }, influxdb: { tls: !tls } }), !tls);
    });
  }

  it("does not depend on a Kafka that is switched off", () => {
    assert.equal(tlsOf({ kafka: { enabled: false, security: "SSL" } }), false);
    assert.equal(tlsOf({ kafka: { enabled: false }, influxdb: { tls: true } }), true);
  });
});

describe("Telegraf's interval", () => {
  it("is at least 1 second", () => {
    assert.deepEqual(errorsOf({ telegraf: { interval: "0.5 seconds" } }), [
      "telegraf.interval: expected at least 1 second",
    ]);
  });

  it("may have a fraction", () => {
    assert.equal(parse({ telegraf: { interval: "1.5 seconds" } }).telegraf?.intervalSec, 1.5);
  });
});

describe("Telegraf and Grafana", () => {
  it("are both rejected at once if InfluxDB is switched off", () => {
    const errors = errorsOf({ influxdb: { enabled: false } });
    assert.deepEqual(
      errors.map((line) => line.replace(/ needs InfluxDB.*/, "")),
      ["telegraf.enabled: telegraf", "grafana.enabled: grafana"],
    );
  });

  it("can be switched off together with InfluxDB, without Kafka", () => {
    const off = { enabled: false };
    assert.deepEqual(Object.keys(defined(parse({ influxdb: off, telegraf: off, grafana: off }))), [
      "kafka",
      "portainer",
    ]);
  });
});

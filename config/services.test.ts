import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defined } from "../test/support/defined.ts";
import type { PartSettings } from "./services/index.ts";
import { parseSettings, SettingsError } from "./settings.ts";

type Config = Record<string, object | string>;
function parse(config: Config = {}): PartSettings {
  const text = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(text), "local", "ann").parts;
}
function mistakesOf(config: Config): string[] {
  try {
    parse(config);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.errors.map((line) => line.replace(/^swarmbench:/, ""));
  }
  return assert.fail(`no error found in ${JSON.stringify(config)}`);
}

describe("parts that are left out of the configuration", () => {
  it("are all there, as small as they can be, and without limits", () => {
    assert.deepEqual(defined(parse()), {
      kafka: {
        brokers: 1,
        heapMiB: 1024,
        jvmOptions: [],
        config: {},
        security: "PLAINTEXT",
        rotation: 0,
        limits: {},
      },
      influxdb: {
        organization: "swarmbench",
        bucket: "bench",
        retentionSec: 30 * 86_400,
        rotation: 0,
        limits: {},
      },
      telegraf: { intervalSec: 1, limits: {} },
      grafana: { rotation: 0, limits: {}, required: false },
      portainer: { rotation: 0, limits: {}, required: false },
    });
  });

  it("keep their defaults where another setting of the same part is given", () => {
    const { kafka } = parse({ kafka: { heap: "512 MiB" } });
    assert.deepEqual([kafka?.heapMiB, kafka?.brokers, kafka?.security], [512, 1, "PLAINTEXT"]);
  });
});

describe("a part", () => {
  for (const off of [false, "false"]) {
    it(`is absent where enabled is the ${typeof off} false`, () => {
      const parts = ["kafka", "influxdb", "telegraf", "grafana", "portainer"];
      const config = Object.fromEntries(parts.map((part) => [part, { enabled: off }]));
      assert.deepEqual(defined(parse(config)), {});
    });
  }

  for (const on of [true, "true"]) {
    it(`that cannot always be had is required where enabled is the ${typeof on} true`, () => {
      for (const part of ["grafana", "portainer"] as const) {
        assert.equal(parse({ [part]: { enabled: on } })[part]?.required, true, part);
      }
    });
  }

  for (const part of ["kafka", "influxdb", "telegraf", "grafana", "portainer"] as const) {
    it(`such as ${part} has the limits that are set for it`, () => {
      const limits = parse({ [part]: { cpus: "1.5", memory: "2 GiB" } })[part]?.limits;
      assert.deepEqual(limits, { cpus: 1.5, memoryMiB: 2048 });
    });
  }

  it("with a limit that no process starts in is refused", () => {
    assert.deepEqual(mistakesOf({ grafana: { memory: "8 MiB" } }), [
      "grafana.memory: a service needs at least 64 MiB",
    ]);
  });

  for (const part of ["kafka", "influxdb", "grafana", "portainer"] as const) {
    it(`such as ${part} gets new secrets by another number`, () => {
      assert.equal(parse({ [part]: { rotation: "3" } })[part]?.rotation, 3);
    });
  }

  it("refuses a setting that it does not have", () => {
    assert.deepEqual(mistakesOf({ telegraf: { intervall: "1 second" } }), [
      "telegraf: no such setting: intervall",
    ]);
  });
});

describe("Kafka's settings", () => {
  it("are taken over as they are given", () => {
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

  it("name the security protocols that there are", () => {
    assert.deepEqual(mistakesOf({ kafka: { security: "TLS" } }), [
      "kafka.security: expected one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
    ]);
  });

  it("refuse a server property that Kafka does not know, and name the nearest", () => {
    const [error, ...more] = mistakesOf({ kafka: { config: { "num.io.thread": 16 } } });
    assert.deepEqual(more, []);
    assert.match(error ?? "", /^kafka\.config\.num\.io\.thread\b.*num\.io\.threads/);
  });

  it("refuse more brokers than there are nodes for them", () => {
    const [error, ...more] = mistakesOf({ nodes: "3", kafka: { brokers: 2 } });
    assert.deepEqual(more, []);
    assert.match(error ?? "", /^kafka\.brokers: 2 brokers need 2 nodes of role broker, there is 1 \(node2\)/);
  });

  it("of a cluster that is switched off are not looked at for whether it fits", () => {
    assert.equal(parse({ nodes: "3", kafka: { enabled: false, brokers: 2 } }).kafka, undefined);
  });

  it("refuse a privileged port for clients outside", () => {
    assert.deepEqual(mistakesOf({ kafka: { externalPort: 92 } }), [
      "kafka.externalPort: expected a whole number from 1024 to 65535",
    ]);
  });

  for (const [externalPort, whose] of [
    [2377, "the swarm itself listens on 2377; choose another port for kafka.externalPort"],
    [7946, "the swarm itself listens on 7946; choose another port for kafka.externalPort"],
    [4789, "the swarm itself listens on 4789; choose another port for kafka.externalPort"],
    [
      5000,
      "the registry listens on 5000; choose another port for kafka.externalPort or for swarm.registryPort",
    ],
  ] as const) {
    it(`refuse port ${externalPort} for clients outside, which is taken`, () => {
      assert.deepEqual(mistakesOf({ kafka: { externalPort } }), [`kafka.externalPort: ${whose}`]);
    });
  }

  it("take the registry's usual port where the registry has another", () => {
    const config = { swarm: { registryPort: 5001 }, kafka: { externalPort: 5000, externalAccess: "anyone" } };
    assert.equal(parse(config).kafka?.externalPort, 5000);
  });

  for (const security of ["PLAINTEXT", "SSL"]) {
    it(`refuse a port for clients outside that ${security} leaves open to anyone, without a word`, () => {
      const kafka = { externalPort: 19_092, security };
      const [error, ...more] = mistakesOf({ kafka });
      assert.match(error ?? "", new RegExp(`^kafka.externalPort: with kafka.security ${security} anyone`));
      assert.match(error ?? "", /set kafka\.security to SASL_SSL, or kafka\.externalAccess to anyone$/);
      assert.deepEqual(more, []);
      assert.equal(parse({ kafka: { ...kafka, externalAccess: "anyone" } }).kafka?.externalPort, 19_092);
    });
  }

  for (const option of ["UseZGC", "-Da=b -Dc=d", ""]) {
    it(`refuse "${option}" as an option of the JVM`, () => {
      assert.deepEqual(mistakesOf({ kafka: { jvmOptions: ["-Xss1m", option] } }), [
        'kafka.jvmOptions.1: expected a JVM option, which begins with "-" and has no blank, such as -XX:+UseZGC',
      ]);
    });
  }

  it("refuse a limit of memory that leaves a broker nothing beside its heap", () => {
    assert.deepEqual(mistakesOf({ kafka: { heap: "1 GiB", memory: "1331 MiB" } }), [
      "kafka.memory: a broker with a heap of 1024 MiB needs 1332 MiB, got 1331; raise it, or lower kafka.heap",
    ]);
  });

  it("take a limit of memory that is three tenths above the heap", () => {
    assert.equal(parse({ kafka: { heap: "1 GiB", memory: "1332 MiB" } }).kafka?.limits.memoryMiB, 1332);
  });

  it("refuse a heap in which no broker starts", () => {
    assert.deepEqual(mistakesOf({ kafka: { heap: "64 MiB" } }), [
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
    it(`are refused where ${name} is above the number of brokers`, () => {
      assert.deepEqual(mistakesOf(withConfig({ [name]: "4" })), [
        `kafka.config.${name}: 4 replicas need as many brokers, and kafka.brokers is 3; lower it, or raise that`,
      ]);
    });
  }

  for (const [replicas, inSync] of [
    ["default.replication.factor", "min.insync.replicas"],
    ["transaction.state.log.replication.factor", "transaction.state.log.min.isr"],
    ["share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"],
  ] as const) {
    const told = (count: number, least: number) =>
      `with ${inSync} ${least} and ${replicas} ${count} nothing could be written; lower the one, or raise the other`;
    it(`are refused where ${inSync} is above them`, () => {
      assert.deepEqual(mistakesOf(withConfig({ [inSync]: 4 })), [`kafka.config.${inSync}: ${told(3, 4)}`]);
    });
    it(`are refused where ${replicas} is below what must be in sync without another word`, () => {
      assert.deepEqual(mistakesOf(withConfig({ [replicas]: 1 })), [
        `kafka.config.${replicas}: ${told(1, 2)}`,
      ]);
    });
    it(`are taken where ${inSync} is as many as there are`, () => {
      assert.deepEqual(parse(withConfig({ [inSync]: 3 })).kafka?.config, { [inSync]: 3 });
    });
  }

  it("are told once only where they are no number", () => {
    const [error, ...more] = mistakesOf(withConfig({ "default.replication.factor": "many" }));
    assert.deepEqual(more, []);
    assert.match(error ?? "", /expected a whole number/);
  });

  it("are as many as suits the number of brokers where nothing is said", () => {
    for (const brokers of [1, 2, 3]) assert.deepEqual(parse(withConfig({}, brokers)).kafka?.config, {});
  });
});

describe("InfluxDB's names", () => {
  for (const key of ["organization", "bucket"]) {
    for (const name of [" ", " bench", "bench ", ""]) {
      it(`refuse "${name}" as ${key}`, () => {
        assert.deepEqual(mistakesOf({ influxdb: { [key]: name } }), [
          `influxdb.${key}: expected a name without a blank at its beginning or end, such as bench`,
        ]);
      });
    }
    it(`take a blank within the ${key}, and a single letter`, () => {
      for (const name of ["my lab", "b"]) assert.ok(parse({ influxdb: { [key]: name } }).influxdb);
    });
  }

  it("refuse a bucket that looks like one of InfluxDB's own", () => {
    assert.deepEqual(mistakesOf({ influxdb: { bucket: "_bench" } }), [
      'influxdb.bucket: a name that begins with "_" is InfluxDB\'s own; choose another',
    ]);
  });

  it("refuse a quotation mark in a bucket, as InfluxDB does", () => {
    assert.deepEqual(mistakesOf({ influxdb: { bucket: 'be"nch' } }), [
      "influxdb.bucket: InfluxDB takes no bucket with a quotation mark; leave it out",
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
    it(`of ${text} is ${seconds} s, as InfluxDB has it`, () => {
      assert.equal(parse({ influxdb: { retention: text } }).influxdb?.retentionSec, seconds);
    });
  }

  it("is an hour at least", () => {
    assert.deepEqual(mistakesOf({ influxdb: { retention: "59 minutes" } }), [
      "influxdb.retention: InfluxDB keeps data for an hour at least",
    ]);
  });

  it("has no fraction of a second", () => {
    assert.deepEqual(mistakesOf({ influxdb: { retention: "4000.5 seconds" } }), [
      'influxdb.retention: InfluxDB counts whole seconds; give a time such as "90 minutes"',
    ]);
  });
});

describe("Telegraf's interval", () => {
  it("is a second at least", () => {
    assert.deepEqual(mistakesOf({ telegraf: { interval: "0.5 seconds" } }), [
      "telegraf.interval: expected 1 second at least",
    ]);
  });

  it("may be a fraction above it", () => {
    assert.equal(parse({ telegraf: { interval: "1.5 seconds" } }).telegraf?.intervalSec, 1.5);
  });
});

describe("Telegraf and Grafana", () => {
  it("are refused, both at once, where InfluxDB is switched off", () => {
    const errors = mistakesOf({ influxdb: { enabled: false } });
    assert.deepEqual(
      errors.map((line) => line.replace(/ needs InfluxDB.*/, "")),
      ["telegraf.enabled: telegraf", "grafana.enabled: grafana"],
    );
  });

  it("may go together with InfluxDB, and Kafka stays", () => {
    const off = { enabled: false };
    assert.deepEqual(Object.keys(defined(parse({ influxdb: off, telegraf: off, grafana: off }))), [
      "kafka",
      "portainer",
    ]);
  });
});

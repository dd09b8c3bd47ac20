import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PartSettings } from "../../components/partSettings";
import { parseSettings, SettingsError } from "../../components/settings";

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
    return error.mistakes.map((line) => line.replace(/^swarmbench:/, ""));
  }
  return assert.fail(`no mistake found in ${JSON.stringify(config)}`);
}

describe("parts that are left out of the configuration", () => {
  it("are all there, as small as they can be, and without limits", () => {
    assert.deepEqual(parse(), {
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
      grafana: { rotation: 0, limits: {} },
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
      assert.deepEqual(parse(config), {});
    });
  }

  for (const on of [true, "true"]) {
    it(`that cannot always be had is required where enabled is the ${typeof on} true`, () => {
      assert.equal(parse({ portainer: { enabled: on } }).portainer?.required, true);
    });
  }

  for (const part of ["kafka", "influxdb", "telegraf", "grafana", "portainer"] as const) {
    it(`such as ${part} has the limits that are set for it`, () => {
      const limits = parse({ [part]: { cpus: "1.5", memory: "1 GiB" } })[part]?.limits;
      assert.deepEqual(limits, { cpus: 1.5, memoryMiB: 1024 });
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
    assert.deepEqual(parse({ kafka: given }).kafka, {
      brokers: 1,
      heapMiB: 2048,
      jvmOptions: ["-XX:+UseZGC"],
      config: { "num.io.threads": 16 },
      security: "SASL_SSL",
      externalPort: 19_092,
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
    const [mistake, ...more] = mistakesOf({ kafka: { config: { "num.io.thread": 16 } } });
    assert.deepEqual(more, []);
    assert.match(mistake ?? "", /^kafka\.config\.num\.io\.thread\b.*num\.io\.threads/);
  });

  it("refuse more brokers than there are nodes for them", () => {
    const [mistake, ...more] = mistakesOf({ nodes: "3", kafka: { brokers: 2 } });
    assert.deepEqual(more, []);
    assert.match(
      mistake ?? "",
      /^kafka\.brokers: 2 brokers need 2 nodes of role broker, there is 1 \(node2\)/,
    );
  });

  it("of a cluster that is switched off are not looked at for whether it fits", () => {
    assert.equal(parse({ nodes: "3", kafka: { enabled: false, brokers: 2 } }).kafka, undefined);
  });

  it("refuse a privileged port for clients outside", () => {
    assert.deepEqual(mistakesOf({ kafka: { externalPort: 92 } }), [
      "kafka.externalPort: expected a whole number from 1024 to 65535",
    ]);
  });

  it("refuse a heap in which no broker starts", () => {
    assert.deepEqual(mistakesOf({ kafka: { heap: "64 MiB" } }), [
      "kafka.heap: a broker's heap needs at least 128 MiB",
    ]);
  });
});

describe("InfluxDB's retention", () => {
  for (const [text, seconds] of [
    ["12 hours", 43_200],
    ["1 day", 86_400],
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
});

describe("Telegraf and Grafana", () => {
  it("are refused, both at once, where InfluxDB is switched off", () => {
    const mistakes = mistakesOf({ influxdb: { enabled: false } });
    assert.deepEqual(
      mistakes.map((line) => line.replace(/ needs InfluxDB.*/, "")),
      ["telegraf.enabled: telegraf", "grafana.enabled: grafana"],
    );
  });

  it("may go together with InfluxDB, and Kafka stays", () => {
    const off = { enabled: false };
    assert.deepEqual(Object.keys(parse({ influxdb: off, telegraf: off, grafana: off })), [
      "kafka",
      "portainer",
    ]);
  });
});

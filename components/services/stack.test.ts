import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { grafanaProvision } from "../../bench/jobs/grafanaProvision.ts";
import { influxProvision } from "../../bench/jobs/influxProvision.ts";
import { influxTokens } from "../../bench/jobs/influxTokens.ts";
import { kafkaReady } from "../../bench/jobs/kafkaReady.ts";
import { kafkaSettled } from "../../bench/jobs/kafkaSettled.ts";
import { metricsReady } from "../../bench/jobs/metricsReady.ts";
import { portainerProvision } from "../../bench/jobs/portainerProvision.ts";
import { SERVICES as CONFIGURED } from "../../config/services/index.ts";
import { parseSettings, type Settings } from "../../config/settings.ts";
import {
  ALL_IMAGES as ALL,
  CORE_IMAGES,
  declareOn,
  fakeCertificate,
  fakeTokens,
  fileText,
  labelsOf,
  type Program,
  secrecy,
  secretOf,
  stored,
} from "../../test/support/deployment.ts";
import { outputValue } from "../../test/support/mocks.ts";
import type { Installation } from "../lib/installation.ts";
import type { TaskSettings } from "../lib/service.ts";
import type { StackTransforms } from "./index.ts";
import { deployStack, imagesFor, refuseMissingImages } from "./stack.ts";

const off = { enabled: false };

function settingsOf(config: Record<string, object> = {}): Settings {
  const text = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  const noRun = { benchmark: JSON.stringify({ run: false }) };
  return parseSettings({ nodes: "8", ...noRun, ...Object.fromEntries(text) }, "local", "ann");
}

const LEFT_OUT = {
  reason: "only its maker has an image of it",
  hint: "SWARMBENCH_SOURCE=official npm run setup",
};

function installation(images: string[]): Installation {
  const local = { tag: "tag", id: "sha256:id" };
  return {
    source: "official",
    engineHost: "unix:///run/docker.sock",
    testbedImages: { node: local, registry: local },
    images: Object.fromEntries(images.map((name) => [name, stored(name)])),
    leftOut: Object.fromEntries(ALL.filter((name) => !images.includes(name)).map((name) => [name, LEFT_OUT])),
    withoutPages: images.includes("portainer") ? [] : ["influxdb"],
    directory: "/home/ann/bench/.swarmbench",
  };
}
type Stack = Program<Record<string, unknown>>;
const deploy = (
  config: Record<string, object> = {},
  images: string[] = ALL,
  transforms: StackTransforms = {},
): Promise<Stack> =>
  declareOn(
    (deployment) =>
      deployStack(
        { settings: settingsOf(config), deployment, installation: installation(images), transforms },
        {},
      ),
    { images },
  );
/** The components of services that were declared. */
const components = ({ resources }: Stack) =>
  [...resources.keys()].filter((name) => /^(Kafka|InfluxDb|Telegraf|Grafana|Portainer) /.test(name)).sort();

let whole: Stack;
before(async () => {
  whole = await deploy({ kafka: { brokers: 3, security: "SASL_SSL", externalPort: 19_092 } });
});

describe("the whole stack", () => {
  it("has every service once", () => {
    assert.deepEqual(components(whole), [
      "Grafana grafana",
      "InfluxDb influxdb",
      "Kafka kafka",
      "Portainer portainer",
      "Telegraf telegraf",
    ]);
  });

  it("has every service that the configuration enables, by its key", async () => {
    const keys = Object.keys(CONFIGURED);
    const { resources } = await deploy(Object.fromEntries(keys.map((key) => [key, { enabled: true }])));
    const missing = keys.filter((key) => ![...resources.keys()].some((name) => name.endsWith(` ${key}`)));
    assert.deepEqual(missing, []);
  });

  it("exposes no secret of any service in any resource", () => assert.deepEqual(whole.leaks, []));

  it("puts no secret where swarm shows it, in a service or a config", () => {
    for (const resource of [...whole.all("Service"), ...whole.all("ServiceConfig")]) {
      assert.doesNotMatch(JSON.stringify(resource.inputs) + fileText(resource), /fakesecret/, resource.name);
      assert.deepEqual(resource.secrets, [], resource.name);
    }
  });

  it("stores no component inputs in the state, and every component registers its outputs", () => {
    for (const name of components(whole)) {
      assert.deepEqual([whole.get(name).inputs, whole.get(name).completed], [{}, true], name);
    }
  });

  it("has the labels of stack and folder wherever Docker has labels", () => {
    for (const kind of ["Service", "Secret", "Network"]) {
      assert.notEqual(whole.all(kind).length, 0);
      for (const resource of whole.all(kind)) {
        assert.deepEqual(
          labelsOf(resource),
          { "swarmbench.stack": "swarmbench-ann-test", "swarmbench.owner": "/home/ann/bench" },
          resource.name,
        );
      }
    }
  });

  it("logs the progress of jobs, and no other output of commands", () => {
    for (const { name, inputs } of whole.all("Command")) {
      const isJob = /^JOB=/m.test(String(inputs.stdin));
      assert.equal(inputs.logging, isJob ? "stderr" : "none", name);
    }
  });

  it("returns port, user, password and node of every web UI", async () => {
    const uis = whole.result.uis as Record<string, unknown>[];
    const plain = uis.map(({ password: _, ca: __, ...rest }) => rest);
    const at = { user: "admin", node: "node1", pages: true };
    assert.deepEqual(plain, [
      { name: "Grafana", scheme: "http", service: "grafana", port: 3000, ...at },
      { name: "InfluxDB", scheme: "https", service: "influxdb", port: 8086, ...at },
      { name: "Portainer", scheme: "http", service: "portainer", port: 9000, ...at },
    ]);
    const passwords = uis.map(({ password }) => outputValue(password as pulumi.Output<string>));
    assert.deepEqual(
      await Promise.all(passwords),
      ["grafana", "influxdb", "portainer"].map((name) => secretOf(`${name}-password`, "current")),
    );
  });

  it("returns the authority of each web UI that serves HTTPS: of InfluxDB, if clients of Kafka use TLS", async () => {
    const authorities = async ({ result }: Stack) => {
      const uis = result.uis as { name: string; scheme: string; ca?: pulumi.Output<string> }[];
      const found = uis.map(async ({ name, scheme, ca }) => [name, scheme, ca && (await outputValue(ca))]);
      return (await Promise.all(found)).filter(([, , ca]) => ca !== undefined);
    };
    const ca = fakeCertificate("influxdb-ca");
    assert.deepEqual(await authorities(whole), [["InfluxDB", "https", ca]]);
    assert.deepEqual(await authorities(await deploy({ influxdb: { tls: true } })), [
      ["InfluxDB", "https", ca],
    ]);
    assert.deepEqual(await authorities(await deploy()), []);
    const { influxdb } = whole.result as { influxdb: { url: string; ca: pulumi.Output<string> } };
    assert.deepEqual([influxdb.url, await outputValue(influxdb.ca)], ["https://influxdb:8086", ca]);
  });

  it("marks web UIs whose image has no pages", async () => {
    const { uis } = (await deploy({}, CORE_IMAGES)).result as { uis: { name: string; pages: boolean }[] };
    assert.deepEqual(
      uis.map(({ name, pages }) => [name, pages]),
      [["InfluxDB", false]],
    );
  });

  it("returns secrets as secrets, and Kafka's address and readiness in plain text", async () => {
    const { kafka, influxdb, uis, ready } = whole.result as {
      kafka: {
        bootstrap: string[];
        security: { password: pulumi.Output<string>; ca: pulumi.Output<string> };
      };
      influxdb: { token: pulumi.Output<string> };
      uis: { password: pulumi.Output<string> }[];
      ready: pulumi.Output<boolean>;
    };
    const passwords = Object.fromEntries(uis.map(({ password }, index) => [index, password]));
    assert.deepEqual(kafka.bootstrap, ["broker-1:9092", "broker-2:9092", "broker-3:9092"]);
    const { password, ca } = kafka.security;
    assert.deepEqual(await secrecy({ password, ca, token: influxdb.token, ...passwords, ready }), {
      password: true,
      ca: false,
      token: true,
      0: true,
      1: true,
      2: true,
      ready: false,
    });
    assert.equal(await outputValue(influxdb.token), fakeTokens.operator);
    assert.equal(await outputValue(ready), true);
  });

  for (const [command, job, { input }] of [
    ["kafka-ready", "kafka-ready", kafkaReady],
    ["broker-2-settled-3-3c-tls", "kafka-settled", kafkaSettled],
    ["influxdb-provision", "influx-provision", influxProvision],
    ["influxdb-tokens", "influx-tokens", influxTokens],
    ["telegraf-ready", "metrics-ready", metricsReady],
    ["grafana-provision", "grafana-provision", grafanaProvision],
    ["portainer-provision", "portainer-provision", portainerProvision],
  ] as const) {
    it(`gives the job ${job} input that it accepts`, () => {
      const told = whole.jobOf(command);
      assert.equal(told.job, job);
      const { error } = input.safeParse(told.input);
      assert.equal(error, undefined, error?.message);
    });
  }

  it("is ready only when all services are", async () => {
    const waited = await whole.dependenciesOf(whole.result.ready as pulumi.Output<boolean>);
    const jobs = [
      "kafka-ready",
      "influxdb-tokens",
      "telegraf-ready",
      "grafana-provision",
      "portainer-provision",
    ];
    for (const job of jobs) assert.ok(waited.includes(`Command ${job}`), job);
  });

  it("returns the address of each broker for clients outside the swarm", () => {
    assert.deepEqual(whole.result.kafkaExternal, ["10.9.8.11:19092", "10.9.8.12:19092", "10.9.8.13:19092"]);
  });
});

describe("a setting of one service", () => {
  let usual: Stack;
  before(async () => {
    usual = await deploy();
  });
  // Outputs of changed resources stay the same here; the next test covers changed outputs.
  for (const [name, own, expected] of [
    ["kafka", { heap: "2 GiB" }, /^(Service broker-|Command (broker-\d-settled-|kafka-(metadata|ready)))/],
    ["influxdb", { retention: "2 days" }, /^Command influxdb-provision$/],
    ["influxdb", { memory: "512 MiB" }, /^Service influxdb$/],
    ["telegraf", { interval: "5 seconds" }, /^(ServiceConfig|Command) telegraf-/],
    ["grafana", { memory: "512 MiB" }, /^Service grafana$/],
    ["portainer", { memory: "512 MiB" }, /^Service portainer(-agent)?$/],
  ] as const) {
    it(`changes only that service, such as ${name}'s ${Object.keys(own)}`, async () => {
      const other = await deploy({ [name]: own });
      assert.deepEqual([...other.resources.keys()].sort(), [...usual.resources.keys()].sort());
      const changed = [...other.resources]
        .filter(([name, { inputs }]) => !isDeepStrictEqual(inputs, usual.get(name).inputs))
        .map(([name]) => name);
      assert.notDeepEqual(changed, []);
      assert.deepEqual(
        changed.filter((resource) => !expected.test(resource)),
        [],
      );
    });
  }

  it("of InfluxDB changes no other resource through the output of its provision job", () => {
    for (const [name, { inputs }] of whole.resources) {
      assert.doesNotMatch(JSON.stringify(inputs), /influxdb-provision-printed/, name);
    }
  });
});

describe("a service that is switched off", () => {
  for (const [name, others] of [
    ["kafka", {}],
    ["influxdb", { telegraf: off, grafana: off }],
    ["telegraf", {}],
    ["grafana", {}],
    ["portainer", {}],
  ] as const) {
    it(`such as ${name} declares nothing, and its image is not sent`, async () => {
      const config = { [name]: off, ...others };
      const program = await deploy(config);
      const names = [...program.resources.keys()].join("\n");
      assert.doesNotMatch(names, name === "kafka" ? /kafka|broker-/i : new RegExp(name, "i"));
      const sent = Object.keys(imagesFor(settingsOf(config), installation(ALL)));
      assert.ok(!sent.includes(name), sent.join(" "));
    });
  }

  it("does not change the others", async () => {
    const without = await deploy({ grafana: off });
    const all = await deploy();
    // This job has the list of all services.
    const others = [...without.resources].filter(([name]) => name !== "Command undeclared");
    for (const [name, { inputs }] of others) assert.deepEqual(inputs, all.get(name).inputs, name);
  });

  it("has no outputs", async () => {
    const program = await deploy({ kafka: off, portainer: off, grafana: off });
    assert.deepEqual(Object.keys(program.result).sort(), ["influxdb", "ready", "uis"]);
    assert.equal((program.result.uis as unknown[]).length, 1);
  });

  it("may be every service: then no image is sent, and the stack is ready", async () => {
    const config = { kafka: off, influxdb: off, telegraf: off, grafana: off, portainer: off };
    const program = await deploy(config);
    assert.deepEqual(components(program), []);
    assert.deepEqual(imagesFor(settingsOf(config), installation(ALL)), {});
    assert.equal(await outputValue(program.result.ready as pulumi.Output<boolean>), true);
  });
});

describe("the images that are sent", () => {
  it("are those of all services, including those of jobs and of Portainer's agent", () => {
    assert.deepEqual(Object.keys(imagesFor(settingsOf(), installation(ALL))).sort(), [...ALL].sort());
  });

  it("are those that setup has", () => {
    assert.deepEqual(
      Object.keys(imagesFor(settingsOf(), installation(CORE_IMAGES))).sort(),
      [...CORE_IMAGES].sort(),
    );
  });
});

for (const [name, title, others, without] of [
  ["grafana", "Grafana", ["portainer", "portainerAgent"], ["InfluxDb", "Kafka", "Portainer", "Telegraf"]],
  ["portainer", "Portainer", ["grafana"], ["Grafana", "InfluxDb", "Kafka", "Telegraf"]],
] as const) {
  const lacking = [...CORE_IMAGES, ...others];

  describe(title, () => {
    it("is left out if its images are missing, and everything else is deployed", async () => {
      const names = without.map((component) => `${component} ${component.toLowerCase()}`);
      assert.deepEqual(components(await deploy({}, lacking)), names);
    });

    it("that is required without its images is an error with reason and fix", async () => {
      const settings = settingsOf({ [name]: { enabled: true } });
      await assert.rejects(refuseMissingImages(settings, installation(lacking)), (error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(
          error.message,
          new RegExp(`^${title} is not available: only its maker has an image of it`),
        );
        assert.match(error.message, /nothing was changed/);
        assert.match(error.message, /^ {2}SWARMBENCH_SOURCE=official npm run setup$/m);
        assert.match(error.message, new RegExp(`pulumi config set --path ${name}\\.enabled false$`));
        return true;
      });
    });

    it("that is not required is left out, with one log line that says why", async (context) => {
      const info = context.mock.method(pulumi.log, "info", async () => {});
      await refuseMissingImages(settingsOf(), installation(lacking));
      assert.deepEqual(
        info.mock.calls.map(({ arguments: [line] }) => String(line).replace(/(?<=: ).*/, "…")),
        [`${title} is left out: …`],
      );
    });

    for (const [what, own, images] of [
      ["that is required and has its images", { enabled: true }, ALL],
      ["that is not required and has no image", {}, lacking],
      ["that is switched off", off, lacking],
    ] as const) {
      it(`${what} is no error`, async (context) => {
        context.mock.method(pulumi.log, "info", async () => {});
        await refuseMissingImages(settingsOf({ [name]: own }), installation([...images]));
      });
    }
  });
}

describe("a service whose image setup lacks", () => {
  it("is an error that names the image, unless it can be left out", async () => {
    const without = ALL.filter((image) => image !== "telegraf");
    await assert.rejects(refuseMissingImages(settingsOf(), installation(without)), (error) => {
      assert.ok(pulumi.RunError.isInstance(error));
      assert.match(
        error.message,
        /no image telegraf for Telegraf; nothing was changed\. Run: npm run setup$/,
      );
      return true;
    });
  });

  it("is reported together with the others that lack one", async () => {
    const settings = settingsOf({ grafana: { enabled: true }, portainer: { enabled: true } });
    await assert.rejects(refuseMissingImages(settings, installation(CORE_IMAGES)), (error: Error) => {
      assert.match(error.message, /^Grafana is not available/m);
      assert.match(error.message, /^Portainer is not available/m);
      return true;
    });
  });
});

describe("transforms", () => {
  const config = { kafka: { brokers: 3 }, benchmark: { run: false, network: { enabled: true } } };
  const mark = (service: string) => ({
    service: (task: TaskSettings) => {
      task.environment.MARK = service;
    },
  });
  const both = (one: string, other: string) => ({ [one]: mark(one).service, [other]: mark(other).service });
  const transforms: StackTransforms = {
    kafka: mark("kafka"),
    influxdb: mark("influxdb"),
    telegraf: mark("telegraf"),
    grafana: mark("grafana"),
    portainer: both("service", "agent"),
    agents: both("producer", "consumer"),
    probes: both("host", "overlay"),
  };

  it("reach every service of the swarm", async () => {
    const program = await deploy(config, ALL, transforms);
    const marks = program.all("Service").map(({ name }) => {
      const { MARK } = program.container(name).env as Record<string, string>;
      return [name, MARK];
    });
    assert.deepEqual(Object.fromEntries(marks.sort()), {
      "broker-1": "kafka",
      "broker-2": "kafka",
      "broker-3": "kafka",
      consumers: "consumer",
      grafana: "grafana",
      influxdb: "influxdb",
      portainer: "service",
      "portainer-agent": "agent",
      "probes-host": "host",
      probes: "overlay",
      producers: "producer",
      telegraf: "telegraf",
      "telegraf-kafka": "telegraf",
    });
  });

  it("of one service change no other, and brokers are still updated one by one", async () => {
    const usual = await deploy();
    const other = await deploy({}, ALL, { kafka: mark("kafka") });
    const changed = [...other.resources]
      .filter(([name, { inputs }]) => !isDeepStrictEqual(inputs, usual.get(name).inputs))
      .map(([name]) => name);
    assert.ok(changed.includes("Service broker-1"), "the broker has the variable");
    assert.ok(
      changed.some((name) => name.startsWith("Command broker-1-settled-")),
      "and is waited for",
    );
    assert.deepEqual(
      changed.filter((name) => !/^(Service broker-|Command (broker-\d-settled-|kafka-))/.test(name)),
      [],
    );
  });
});

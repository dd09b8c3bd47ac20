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
  BUILT,
  declareOn,
  fakeTokens,
  fileText,
  labelsOf,
  type Program,
  secrecy,
  secretOf,
  stored,
} from "../../test/support/deployment.ts";
import { known } from "../../test/support/mocks.ts";
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

function installation(images: string[]): Installation {
  const local = { tag: "tag", id: "sha256:id" };
  return {
    source: images.includes("portainer") ? "official" : "built",
    engineHost: "unix:///run/docker.sock",
    testbedImages: { node: local, registry: local },
    images: Object.fromEntries(images.map((name) => [name, stored(name)])),
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
/** The components below which something of the stack was declared. */
const components = ({ resources }: Stack) =>
  [...resources.keys()].filter((name) => /^(Kafka|InfluxDb|Telegraf|Grafana|Portainer) /.test(name)).sort();

let whole: Stack;
before(async () => {
  whole = await deploy({ kafka: { brokers: 3, security: "SASL_SSL", externalPort: 19_092 } });
});

describe("the whole stack", () => {
  it("has every part once", () => {
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

  it("shows no secret of any part in any resource", () => assert.deepEqual(whole.leaks, []));

  it("puts no secret where swarm shows it, in a service or a config", () => {
    for (const resource of [...whole.all("Service"), ...whole.all("ServiceConfig")]) {
      assert.doesNotMatch(JSON.stringify(resource.inputs) + fileText(resource), /fakesecret/, resource.name);
      assert.deepEqual(resource.secrets, [], resource.name);
    }
  });

  it("keeps no input of a component in the state, and every one registers its outputs", () => {
    for (const name of components(whole)) {
      assert.deepEqual([whole.get(name).inputs, whole.get(name).completed], [{}, true], name);
    }
  });

  it("carries the labels of stack and folder wherever Docker has labels", () => {
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

  it("logs what jobs say of their progress, and nothing else that any command prints", () => {
    for (const { name, inputs } of whole.all("Command")) {
      const isJob = /^JOB=/m.test(String(inputs.stdin));
      assert.equal(inputs.logging, isJob ? "stderr" : "none", name);
    }
  });

  it("gives the URL, user and password of every page, and where it is", async () => {
    const uis = whole.result.uis as Record<string, unknown>[];
    const plain = uis.map(({ password: _, ...rest }) => rest);
    const at = { scheme: "http", user: "admin", node: "node1", pages: true };
    assert.deepEqual(plain, [
      { name: "Grafana", service: "grafana", port: 3000, ...at },
      { name: "InfluxDB", service: "influxdb", port: 8086, ...at },
      { name: "Portainer", service: "portainer", port: 9000, ...at },
    ]);
    const passwords = uis.map(({ password }) => known(password as pulumi.Output<string>));
    assert.deepEqual(
      await Promise.all(passwords),
      ["grafana", "influxdb", "portainer"].map((name) => secretOf(`${name}-password`, "current")),
    );
  });

  it("says which pages there are not, where the images were built: they answer their APIs alone", async () => {
    const { uis } = (await deploy({}, BUILT)).result as { uis: { name: string; pages: boolean }[] };
    assert.deepEqual(
      uis.map(({ name, pages }) => [name, pages]),
      [["InfluxDB", false]],
    );
  });

  it("gives as secrets what is one, and in clear how to reach Kafka and that it is ready", async () => {
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
    assert.equal(await known(influxdb.token), fakeTokens.operator);
    assert.equal(await known(ready), true);
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
    it(`asks the job ${job} what that understands`, () => {
      const told = whole.jobOf(command);
      assert.equal(told.job, job);
      const { error } = input.safeParse(told.input);
      assert.equal(error, undefined, error?.message);
    });
  }

  it("is ready only when all parts are", async () => {
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

  it("says where clients outside the swarm find each broker", () => {
    assert.deepEqual(whole.result.kafkaExternal, ["10.9.8.11:19092", "10.9.8.12:19092", "10.9.8.13:19092"]);
  });
});

describe("a setting of one part", () => {
  let usual: Stack;
  before(async () => {
    usual = await deploy();
  });
  // What the resources give that are touched is the same here: who would be told another answer is the next test's.
  for (const [part, own, touched] of [
    ["kafka", { heap: "2 GiB" }, /^(Service broker-|Command (broker-\d-settled-|kafka-(metadata|ready)))/],
    ["influxdb", { retention: "2 days" }, /^Command influxdb-provision$/],
    ["influxdb", { memory: "512 MiB" }, /^Service influxdb$/],
    ["telegraf", { interval: "5 seconds" }, /^(ServiceConfig|Command) telegraf-/],
    ["grafana", { memory: "512 MiB" }, /^Service grafana$/],
    ["portainer", { memory: "512 MiB" }, /^Service portainer(-agent)?$/],
  ] as const) {
    it(`touches that part alone, such as ${part}'s ${Object.keys(own)}`, async () => {
      const other = await deploy({ [part]: own });
      assert.deepEqual([...other.resources.keys()].sort(), [...usual.resources.keys()].sort());
      const changed = [...other.resources]
        .filter(([name, { inputs }]) => !isDeepStrictEqual(inputs, usual.get(name).inputs))
        .map(([name]) => name);
      assert.notDeepEqual(changed, []);
      assert.deepEqual(
        changed.filter((name) => !touched.test(name)),
        [],
      );
    });
  }

  it("of InfluxDB touches nobody by the answer of the job that sets it up: nobody is told that", () => {
    for (const [name, { inputs }] of whole.resources) {
      assert.doesNotMatch(JSON.stringify(inputs), /influxdb-provision-printed/, name);
    }
  });
});

describe("a part that is switched off", () => {
  for (const [part, others] of [
    ["kafka", {}],
    ["influxdb", { telegraf: off, grafana: off }],
    ["telegraf", {}],
    ["grafana", {}],
    ["portainer", {}],
  ] as const) {
    it(`such as ${part} declares nothing, and its image is not sent`, async () => {
      const config = { [part]: off, ...others };
      const program = await deploy(config);
      const names = [...program.resources.keys()].join("\n");
      assert.doesNotMatch(names, part === "kafka" ? /kafka|broker-/i : new RegExp(part, "i"));
      const sent = Object.keys(imagesFor(settingsOf(config), installation(ALL)));
      assert.ok(!sent.includes(part), sent.join(" "));
    });
  }

  it("leaves nothing of the others' changed", async () => {
    const without = await deploy({ grafana: off });
    const all = await deploy();
    for (const [name, { inputs }] of without.resources) assert.deepEqual(inputs, all.get(name).inputs, name);
  });

  it("is no output either", async () => {
    const program = await deploy({ kafka: off, portainer: off, grafana: off });
    assert.deepEqual(Object.keys(program.result).sort(), ["influxdb", "ready", "uis"]);
    assert.equal((program.result.uis as unknown[]).length, 1);
  });

  it("may be every part: then there is nothing to send, and the stack is ready", async () => {
    const config = { kafka: off, influxdb: off, telegraf: off, grafana: off, portainer: off };
    const program = await deploy(config);
    assert.deepEqual(components(program), []);
    assert.deepEqual(imagesFor(settingsOf(config), installation(ALL)), {});
    assert.equal(await known(program.result.ready as pulumi.Output<boolean>), true);
  });
});

describe("the images that are sent", () => {
  it("are those of all parts, the jobs' and Portainer's agent's", () => {
    assert.deepEqual(Object.keys(imagesFor(settingsOf(), installation(ALL))).sort(), [...ALL].sort());
  });

  it("are those that setup has", () => {
    assert.deepEqual(Object.keys(imagesFor(settingsOf(), installation(BUILT))).sort(), [...BUILT].sort());
  });
});

for (const [name, title, others, without] of [
  ["grafana", "Grafana", ["portainer", "portainerAgent"], ["InfluxDb", "Kafka", "Portainer", "Telegraf"]],
  ["portainer", "Portainer", ["grafana"], ["Grafana", "InfluxDb", "Kafka", "Telegraf"]],
] as const) {
  const lacking = [...BUILT, ...others];

  describe(title, () => {
    it("is not declared where its images are not there, and nothing else is missing", async () => {
      const names = without.map((component) => `${component} ${component.toLowerCase()}`);
      assert.deepEqual(components(await deploy({}, lacking)), names);
    });

    it("that is asked for without its images is an error that says why and what to do", async () => {
      const settings = settingsOf({ [name]: { enabled: true } });
      await assert.rejects(refuseMissingImages(settings, installation(lacking)), (error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(error.message, new RegExp(`^${title} is not available: only its maker has an image`));
        assert.match(error.message, /nothing was changed/);
        assert.match(error.message, /^ {2}SWARMBENCH_SOURCE=official npm run setup$/m);
        assert.match(error.message, new RegExp(`pulumi config set --path ${name}\\.enabled false$`));
        return true;
      });
    });

    it("that nobody asked for is left out with one line that says why", async (context) => {
      const info = context.mock.method(pulumi.log, "info", async () => {});
      await refuseMissingImages(settingsOf(), installation(lacking));
      assert.deepEqual(
        info.mock.calls.map(({ arguments: [line] }) => String(line).replace(/(?<=: ).*/, "…")),
        [`${title} is left out: …`],
      );
    });

    for (const [what, own, images] of [
      ["that is asked for and has its images", { enabled: true }, ALL],
      ["that is not asked for and has no image", {}, lacking],
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

  it("is named together with the others that lack one", async () => {
    const settings = settingsOf({ grafana: { enabled: true }, portainer: { enabled: true } });
    await assert.rejects(refuseMissingImages(settings, installation(BUILT)), (error: Error) => {
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

  it("of one service touch no other, and brokers still change one after the other", async () => {
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

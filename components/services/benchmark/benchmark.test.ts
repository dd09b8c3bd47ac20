import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type * as pulumi from "@pulumi/pulumi";
import { validated } from "../../../cli/bench/request.ts";
import { parseSettings } from "../../../config/settings.ts";
import type { NetworkName } from "../../../contract/network.ts";
import { type BenchPlan, benchPlanSchema } from "../../../contract/request.ts";
import { defined } from "../../../test/support/defined.ts";
import {
  CORE_IMAGES,
  declareOn,
  fakeCertificate,
  imageOf,
  type Program,
  secretOf,
  stored,
} from "../../../test/support/deployment.ts";
import { outputValue } from "../../../test/support/mocks.ts";
import { openReservation } from "../../../testbeds/index.ts";
import type { Installation } from "../../lib/installation.ts";
import { deployStack } from "../stack.ts";

const installation = {
  source: "built",
  images: Object.fromEntries(CORE_IMAGES.map((name) => [name, stored(name)])),
  withoutPages: [],
} as unknown as Installation;
const deploy = (config: Record<string, object> = {}, network: NetworkName = "overlay") => {
  const text = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  const settings = parseSettings({ nodes: "5", ...Object.fromEntries(text) }, "local", "ann");
  return declareOn((deployment) => deployStack({ settings, deployment, installation }, {}), { network });
};
type Stack = Program<Record<string, unknown>>;
const planOf = async (stack: Stack) =>
  (await outputValue(stack.result.benchPlan as pulumi.Output<BenchPlan>)) as BenchPlan;

let whole: Stack;
before(async () => {
  whole = await deploy({
    kafka: { security: "SASL_SSL" },
    producers: { tasks: 3, cpus: 0.5 },
    workload: { rate: 5 },
  });
});

describe("the agents", () => {
  const agents = { producers: 3, consumers: 1 };
  for (const [name, replicas] of Object.entries(agents)) {
    it(`(${name}) are the configured number of tasks, spread over the nodes for agents`, () => {
      const { mode, taskSpec } = whole.get(`Service ${name}`).inputs as {
        mode: object;
        taskSpec: { placement: object };
      };
      assert.deepEqual(mode, { replicated: { replicas } });
      assert.deepEqual(taskSpec.placement, { constraints: ["node.labels.role==agent"] });
    });

    it(`(${name}) run the bench image, know their node and task, and publish nothing`, () => {
      const { image, args, env } = whole.container(name);
      assert.deepEqual([image, args], [imageOf("bench"), ["agent", name.slice(0, -1)]]);
      assert.deepEqual(env, {
        SWARMBENCH_NODE: "{{.Node.Hostname}}",
        SWARMBENCH_TASK: "{{.Service.Name}}.{{.Task.Slot}}",
      });
      assert.deepEqual(whole.get(`Service ${name}`).inputs.endpointSpec, { mode: "dnsrr", ports: [] });
    });
  }

  it("have the token and Kafka's password as secrets of the swarm", () => {
    for (const name of Object.keys(agents)) {
      const secrets = whole.container(name).secrets as { fileName: string }[];
      assert.deepEqual(
        secrets.map(({ fileName }) => fileName),
        ["/run/secrets/swarmbench_token", "/run/secrets/kafka_password"],
      );
    }
    const text = (name: string) => Buffer.from(String(whole.get(name).inputs.data), "base64").toString();
    assert.equal(text("Secret token-file"), secretOf("token-value", "current"));
    assert.equal(text("Secret agents-kafka-password"), secretOf("kafka-password", "current"));
  });

  it("have no password if the brokers require none", async () => {
    const plain = await deploy();
    const secrets = plain.container("producers").secrets as { fileName: string }[];
    assert.deepEqual(
      secrets.map(({ fileName }) => fileName),
      ["/run/secrets/swarmbench_token"],
    );
  });

  it("are on the manager if no node has the role agent", async () => {
    const settings = parseSettings({ nodes: "1" }, "local", "ann");
    const one = await declareOn((deployment) => deployStack({ settings, deployment, installation }, {}), {
      roles: ["monitor"],
    });
    const { taskSpec } = one.get("Service producers").inputs as { taskSpec: { placement: object } };
    assert.deepEqual(taskSpec.placement, { constraints: ["node.hostname==node1"] });
  });
});

describe("the agents on the nodes' own network", () => {
  let onHost: Stack;
  before(async () => {
    onHost = await deploy({ producers: { tasks: 3 } }, "host");
  });

  it("are attached to that network alone, by its id, and know the addresses of the nodes for agents", () => {
    for (const name of ["producers", "consumers"]) {
      const { taskSpec, endpointSpec } = onHost.get(`Service ${name}`).inputs as Record<string, object>;
      assert.deepEqual((taskSpec as { networksAdvanceds: object }).networksAdvanceds, [
        { id: "host-network-printed" },
      ]);
      assert.deepEqual(endpointSpec, { mode: "dnsrr", ports: [] });
      const { SWARMBENCH_NODE_ADDRESSES: addresses } = onHost.container(name).env as Record<string, string>;
      assert.deepEqual(JSON.parse(addresses ?? ""), { node5: "10.9.8.14" });
    }
  });

  it("are looked for at these addresses, and the run records the network", async () => {
    const { target, conditions } = benchPlanSchema.parse(await planOf(onHost));
    assert.deepEqual(target.agents.nodeAddresses, ["10.9.8.14"]);
    assert.equal(conditions.settings.network, "host");
    assert.equal((await planOf(whole)).conditions.settings.network, "overlay");
  });

  it("leave every other service on the overlay network", () => {
    const others = onHost.all("Service").filter(({ inputs }) => {
      const { networksAdvanceds } = inputs.taskSpec as { networksAdvanceds: { id: string }[] };
      return networksAdvanceds.some(({ id }) => id !== "host-network-printed");
    });
    assert.deepEqual(others.map(({ name }) => name).sort(), [
      "influxdb",
      "probes",
      "telegraf",
      "telegraf-kafka",
    ]);
  });
});

describe("the benchmark of an up", () => {
  it("gets the complete plan of a run, in the form that the program expects", async () => {
    const plan = benchPlanSchema.parse(await planOf(whole));
    assert.deepEqual(plan.target.agents, { producer: { tasks: 3 }, consumer: { tasks: 1 } });
    assert.equal(plan.image, imageOf("bench"));
    assert.equal(validated(plan).workload.rate, 5);
    assert.ok(plan.target.kafka.security.password && plan.target.influx?.token && plan.target.token);
  });

  it("gets it on standard input, as a secret, and in no argument", () => {
    const { inputs } = whole.get("Command benchmark-run");
    assert.equal(inputs.create, "node swarmbench.mjs bench --from-up");
    assert.equal(inputs.environment, undefined);
    assert.deepEqual(whole.leaks, []);
  });

  it("logs its progress", () => assert.equal(whole.get("Command benchmark-run").inputs.logging, "stderr"));

  it("is the only resource that changes with the workload", async () => {
    const other = await deploy({
      kafka: { security: "SASL_SSL" },
      producers: { tasks: 3, cpus: 0.5 },
      workload: { rate: 6 },
    });
    const changed = [...other.resources].filter(([name, { inputs }]) => {
      return JSON.stringify(inputs) !== JSON.stringify(whole.get(name).inputs);
    });
    assert.deepEqual(
      changed.map(([name]) => name),
      ["Command benchmark-run"],
    );
  });

  it("does not change with a limit of the dashboards", async () => {
    const config = {
      kafka: { security: "SASL_SSL" },
      producers: { tasks: 3, cpus: 0.5 },
      workload: { rate: 5 },
    };
    const other = await deploy({ ...config, grafana: { memory: "512 MiB" } });
    const stdin = (stack: Stack) => stack.get("Command benchmark-run").inputs.stdin;
    assert.deepEqual(stdin(other), stdin(whole));
  });

  it("gets the shaping of each node's link, which its run records", async () => {
    const testbed = { kind: "local", perNode: { node2: { network: { rate: "100 Mbit/s", loss: 0.01 } } } };
    const { conditions } = await planOf(await deploy({ testbed }));
    const { nodes } = conditions.settings as { nodes: { network?: object }[] };
    assert.deepEqual(
      nodes.slice(0, 3).map(({ network }) => network && defined(network)),
      [undefined, { rate: 100_000_000, loss: 0.01 }, undefined],
    );
  });

  it("gets each broker's CPU limit: that of its service or of its node, the smaller one", async () => {
    const limitsOf = async (config: Record<string, object>) =>
      (await planOf(await deploy(config))).target.brokerMetrics.map(({ cpuLimit }) => cpuLimit);
    assert.deepEqual(await limitsOf({ kafka: { brokers: 2 } }), [undefined, undefined]);
    const { network } = (await planOf(whole)).target;
    const [node = ""] = network?.brokers.map(({ node: name }) => name) ?? [];
    const testbed = { kind: "local", perNode: { [node]: { cpus: 0.5 } } };
    assert.deepEqual(await limitsOf({ kafka: { cpus: 1.5 } }), [1.5]);
    assert.deepEqual(await limitsOf({ testbed }), [0.5]);
    assert.deepEqual(await limitsOf({ kafka: { cpus: 0.3 }, testbed }), [0.3]);
  });

  it("is left out if benchmark.run is false, and can be run manually", async () => {
    const without = await deploy({ benchmark: { run: false } });
    assert.ok(![...without.resources.keys()].some((name) => name.includes("benchmark")));
    assert.ok(without.get("Service producers"));
    benchPlanSchema.parse(await planOf(without));
  });

  it("is left out without Kafka, like the agents", async () => {
    const without = await deploy({ kafka: { enabled: false } });
    assert.ok(![...without.resources.keys()].some((name) => /benchmark|producers|consumers/.test(name)));
    assert.equal(without.result.benchPlan, undefined);
  });

  it("gets the URL of InfluxDB and the authority of its certificate: HTTPS if clients of Kafka use TLS", async () => {
    const { influx } = (await planOf(whole)).target;
    assert.deepEqual([influx?.url, influx?.ca], ["https://influxdb:8086", fakeCertificate("influxdb-ca")]);
    const plain = (await planOf(await deploy())).target.influx ?? assert.fail();
    assert.equal(plain.url, "http://influxdb:8086");
    assert.ok(!("ca" in plain));
  });

  it("has no database for live metrics if InfluxDB is switched off", async () => {
    const off = { enabled: false };
    const plan = await planOf(await deploy({ influxdb: off, telegraf: off, grafana: off }));
    assert.equal(plan.target.influx, undefined);
  });
});

describe("the benchmark on reserved nodes", () => {
  const reserved = (walltime: string, more: object = {}) => {
    const access = { frontend: "site", user: "ann", key: "~/.ssh/id", jobName: "mine" };
    return deploy({ testbed: { kind: "oar", ...access, walltime, extend: true, ...more } });
  };
  const stdin = (stack: Stack) => JSON.stringify(stack.get("Command benchmark-run").inputs.stdin);

  it("gets the connection to OAR, and opens the reservation with it", async () => {
    const plan = benchPlanSchema.parse(await planOf(await reserved("2 hours")));
    const { extend, sites } = plan.reservation ?? assert.fail();
    assert.equal(extend, true);
    assert.deepEqual(
      sites.map(({ settings: { frontend, key } }) => [frontend, key]),
      [["site", "~/.ssh/id"]],
    );
    assert.match(sites[0]?.base ?? "", /^mine-[0-9a-f]{8}$/);
    assert.deepEqual(
      openReservation(plan, assert.fail)?.sites.map(({ client }) => client.user),
      ["ann"],
    );
  });

  it("is not run again for a longer walltime, or other properties", async () => {
    const short = await reserved("2 hours");
    const long = await reserved("3 hours", { properties: "cluster='dahu'", queue: "default" });
    assert.equal(stdin(short), stdin(long));
  });

  it("has no reservation if nodes are not reserved", async () => {
    assert.equal((await planOf(whole)).reservation, undefined);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Step } from "../../contract/result.ts";
import { withChanges } from "./changes.ts";
import { finishedSteps, planKey, runName, validated } from "./request.ts";

const nothing = { workload: {}, benchmark: {} };

describe("--set", () => {
  it("finds a key without its section", () => {
    assert.deepEqual(withChanges(nothing, ["producers=5", "duration=8 seconds"]), {
      workload: { producers: 5 },
      benchmark: { duration: "8 seconds" },
    });
  });

  it("sets fields of objects, and accepts lists", () => {
    assert.deepEqual(withChanges(nothing, ["workload.fetch.minBytes=1", "sweep.producers=[1,10]"]), {
      workload: { fetch: { minBytes: 1 } },
      benchmark: { sweep: { producers: [1, 10] } },
    });
  });

  it("replaces a value by an object", () => {
    const asked = { workload: { arrival: "constant" }, benchmark: {} };
    assert.deepEqual(withChanges(asked, ["arrival.burst.size=3"]).workload, {
      arrival: { burst: { size: 3 } },
    });
  });

  it("removes a setting by null", () => {
    const asked = { workload: {}, benchmark: { search: { variable: "producers" } } };
    assert.deepEqual(withChanges(asked, ["search=null"]).benchmark, {});
  });

  it("replaces the rate of each producer by a total rate, and the other way round", () => {
    const each = { workload: { rate: 10 }, benchmark: {} };
    assert.deepEqual(withChanges(each, ["totalRate=500"]).workload, { totalRate: 500 });
    const all = { workload: { totalRate: 500 }, benchmark: {} };
    assert.deepEqual(withChanges(all, ["rate=10"]).workload, { rate: 10 });
  });

  it("does not modify its input", () => {
    const asked = { workload: { fetch: { minBytes: 1 } }, benchmark: {} };
    withChanges(asked, ["fetch.minBytes=2"]);
    assert.deepEqual(asked.workload.fetch, { minBytes: 1 });
  });

  it("lists every change with an unknown key", () => {
    assert.throws(
      () => withChanges(nothing, ["producer=5", "rate"]),
      (error: Error) => {
        assert.match(error.message, /--set producer=5: unknown setting; the settings are client, producers/);
        assert.match(error.message, /--set rate: expected KEY=VALUE/);
        return true;
      },
    );
  });
});

describe("the settings of a run", () => {
  it("are refused with every error and its path", () => {
    const asked = { workload: { producers: 0, compresion: "gzip" }, benchmark: { slo: { p99Ms: -1 } } };
    assert.throws(
      () => validated(asked),
      (error: Error) => {
        assert.match(error.message, /workload\.producers: expected a whole number from 1/);
        assert.match(error.message, /workload: .*compresion/);
        assert.match(error.message, /benchmark\.slo\.p99Ms: expected ms/);
        return true;
      },
    );
  });

  it("are refused when workload and benchmark contradict each other", () => {
    const asked = { workload: { client: "kafkajs" }, benchmark: { sweep: { compression: ["lz4"] } } };
    assert.throws(
      () => validated(asked),
      /benchmark\.sweep: compression lz4: workload\.compression: kafkajs has none and gzip/,
    );
  });

  it("can be parsed a second time, as the runner does", () => {
    const asked = { workload: { arrival: { ramp: { over: "5 seconds" } } }, benchmark: { soak: "1 hour" } };
    const once = validated(asked);
    const again = validated(JSON.parse(JSON.stringify(once)));
    assert.deepEqual(again, JSON.parse(JSON.stringify(once)));
  });
});

describe("a run's name", () => {
  it("sorts by time and names its scenario", () => {
    assert.equal(
      runName("local", new Date("2026-11-24T10:20:30.123Z"), "0a1b2c"),
      "20261124T102030Z-local-0a1b2c",
    );
  });

  it("contains only characters that a folder and a topic may have", () => {
    assert.match(runName("my stack/ä", new Date(0)), /^[0-9A-Za-z._-]+$/);
  });
});

describe("a plan's key", () => {
  const plan = {
    scenario: "local",
    image: "bench@sha256:1",
    target: {
      token: "one",
      kafka: {
        bootstrap: ["broker-1:9092"],
        brokers: [],
        security: { protocol: "PLAINTEXT", password: "a" },
      },
      brokerMetrics: [],
      influx: { url: "http://influxdb:8086", org: "o", bucket: "b", token: "t" },
      agents: { producer: { tasks: 1 }, consumer: { tasks: 1 } },
    },
  } as unknown as Parameters<typeof planKey>[0];

  it("does not depend on passwords, tokens and certificate authorities", () => {
    const other = structuredClone(plan);
    other.target.kafka.security.password = "b";
    if (other.target.influx) Object.assign(other.target.influx, { token: "u", ca: "another" });
    other.target.token = "another";
    assert.equal(planKey(plan, nothing), planKey(other, nothing));
  });

  it("does not depend on the machines, their names or their reservation, but on where the brokers run", () => {
    const on = (manager: string, nodes: string[], broker = 1) => ({
      ...plan,
      image: `${manager}:5000/repository/bench@sha256:1`,
      ssh: [`root@${manager}`],
      target: {
        ...plan.target,
        network: { nodes, brokers: [{ name: "broker-1", node: nodes[broker] ?? "" }] },
      },
      reservation: { sites: [{ name: "", settings: { frontend: manager }, base: "b" }], extend: true },
    });
    const key = planKey(on("10.0.0.1", ["gros-7", "gros-8"]), nothing);
    assert.equal(planKey(on("10.9.9.9", ["gros-41", "gros-2"]), nothing), key);
    assert.notEqual(planKey(on("10.0.0.1", ["gros-7", "gros-8"], 0), nothing), key);
    assert.notEqual(planKey(on("10.0.0.1", ["gros-7", "gros-8", "gros-9"]), nothing), key);
  });

  it("depends on the workload, the image and the number of agents", () => {
    const moreAgents = structuredClone(plan);
    moreAgents.target.agents.producer.tasks = 2;
    const keys = [
      planKey(plan, nothing),
      planKey(plan, { workload: { producers: 2 }, benchmark: {} }),
      planKey({ ...plan, image: "bench@sha256:2" }, nothing),
      planKey(moreAgents, nothing),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });
});

describe("a resumed run", () => {
  it("keeps the steps before the first one without results", () => {
    const states = ["measured", "failed", "measured"] as const;
    const steps = states.map((state, index) => ({ state, step: index + 1 })) as unknown as Step[];
    assert.deepEqual(finishedSteps(steps), [{ state: "measured", step: 1 }]);
  });

  it("keeps all steps of the preheat", () => {
    const preheat = { state: "failed", phase: "preheat", step: 1 };
    const steps = [preheat, { state: "measured", phase: "search", step: 2 }] as unknown as Step[];
    assert.equal(finishedSteps(steps).length, 2);
  });
});

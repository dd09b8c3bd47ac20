import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Step } from "../../contract/result.ts";
import { withChanges } from "./changes.ts";
import { checked, finishedSteps, planKey, runName } from "./request.ts";

const nothing = { workload: {}, benchmark: {} };

describe("--set", () => {
  it("finds a bare key in the section that has it", () => {
    assert.deepEqual(withChanges(nothing, ["producers=5", "duration=8 seconds"]), {
      workload: { producers: 5 },
      benchmark: { duration: "8 seconds" },
    });
  });

  it("reaches into objects, and takes lists", () => {
    assert.deepEqual(withChanges(nothing, ["workload.fetch.minBytes=1", "sweep.producers=[1,10]"]), {
      workload: { fetch: { minBytes: 1 } },
      benchmark: { sweep: { producers: [1, 10] } },
    });
  });

  it("puts an object in the place of a value", () => {
    const asked = { workload: { arrival: "constant" }, benchmark: {} };
    assert.deepEqual(withChanges(asked, ["arrival.burst.size=3"]).workload, {
      arrival: { burst: { size: 3 } },
    });
  });

  it("takes a setting away by null", () => {
    const asked = { workload: {}, benchmark: { search: { variable: "producers" } } };
    assert.deepEqual(withChanges(asked, ["search=null"]).benchmark, {});
  });

  it("puts a rate of all producers in the place of one of each, and the other way round", () => {
    const each = { workload: { rate: 10 }, benchmark: {} };
    assert.deepEqual(withChanges(each, ["totalRate=500"]).workload, { totalRate: 500 });
    const all = { workload: { totalRate: 500 }, benchmark: {} };
    assert.deepEqual(withChanges(all, ["rate=10"]).workload, { rate: 10 });
  });

  it("leaves what it was given as it was", () => {
    const asked = { workload: { fetch: { minBytes: 1 } }, benchmark: {} };
    withChanges(asked, ["fetch.minBytes=2"]);
    assert.deepEqual(asked.workload.fetch, { minBytes: 1 });
  });

  it("lists every change that names nothing", () => {
    assert.throws(
      () => withChanges(nothing, ["producer=5", "rate"]),
      (error: Error) => {
        assert.match(error.message, /--set producer=5: no such setting; there are client, producers/);
        assert.match(error.message, /--set rate: expected KEY=VALUE/);
        return true;
      },
    );
  });
});

describe("what a run is asked for", () => {
  it("is refused with every error and its path", () => {
    const asked = { workload: { producers: 0, compresion: "gzip" }, benchmark: { slo: { p99Ms: -1 } } };
    assert.throws(
      () => checked(asked),
      (error: Error) => {
        assert.match(error.message, /workload\.producers: expected a whole number from 1/);
        assert.match(error.message, /workload: .*compresion/);
        assert.match(error.message, /benchmark\.slo\.p99Ms: expected ms/);
        return true;
      },
    );
  });

  it("is refused where workload and benchmark do not go together", () => {
    const asked = { workload: {}, benchmark: { sweep: { compression: ["lz4"] } } };
    assert.throws(() => checked(asked), /benchmark\.sweep\.compression: lz4: kafkajs has none and gzip/);
  });

  it("can be parsed again once it has been parsed, as the runner does", () => {
    const asked = { workload: { arrival: { ramp: { over: "5 seconds" } } }, benchmark: { soak: "1 hour" } };
    const once = checked(asked);
    const again = checked(JSON.parse(JSON.stringify(once)));
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

  it("has nothing in it that a folder or a topic must not have", () => {
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

  it("is the same for other passwords and tokens", () => {
    const other = structuredClone(plan);
    other.target.kafka.security.password = "b";
    if (other.target.influx) other.target.influx.token = "u";
    other.target.token = "another";
    assert.equal(planKey(plan, nothing), planKey(other, nothing));
  });

  it("is the same on other machines, of other names, by another reservation, and not where brokers are elsewhere", () => {
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

  it("is another for another workload, image or number of agents", () => {
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

describe("a run that goes on", () => {
  it("keeps the steps before the first one that has no figures", () => {
    const states = ["measured", "failed", "measured"] as const;
    const steps = states.map((state, index) => ({ state, step: index + 1 })) as unknown as Step[];
    assert.deepEqual(finishedSteps(steps), [{ state: "measured", step: 1 }]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BrokerCounters, type ReadMbeans, readBrokerCounters } from "../kafka/brokerCounters.ts";
import type { MachineCounters } from "../probe/protocol.ts";
import { brokerMetrics } from "./brokerMetrics.ts";
import { machineMetrics, ownCost } from "./machineMetrics.ts";
import { cpuReading, type Readings, takeReadings } from "./readings.ts";
import type { StepFindings, StepOrder } from "./stepOrder.ts";
import { stepResources } from "./stepResources.ts";
import { uncleanElections } from "./uncleanElections.ts";

const PLACE = {
  name: "broker-1",
  node: "node2",
  cpuLimit: 1,
  linkInBitPerSec: null,
  linkOutBitPerSec: null,
};
const NONE = { before: {}, after: {} };
const CONTAINER = "0123456789ab";

/** A Jolokia agent after some seconds of a steady load: each second 100 produce requests of 2 ms, in which it waits 0.5 ms. */
function jolokia(seconds: number, without: RegExp = /^$/): ReadMbeans {
  const times: Record<string, number> = {
    RequestQueueTimeMs: 0.5,
    LocalTimeMs: 0.75,
    RemoteTimeMs: 0.5,
    ResponseQueueTimeMs: 0.25,
    TotalTimeMs: 2,
  };
  // Earlier requests were slower: a mean since the start is not that of the measured time.
  const requests = (name: string) => ({
    Count: 1_000 + 100 * seconds,
    Mean: (1_000 * 50 + 100 * seconds * (times[name] ?? 0)) / (1_000 + 100 * seconds),
  });
  const values: [RegExp, unknown][] = [
    [/OperatingSystem/, 5e9 + 0.6e9 * seconds],
    [/Compilation/, 1_000 + 10 * seconds],
    [/GarbageCollector/, { young: { CollectionTime: 20 * seconds }, old: { CollectionTime: 30 * seconds } }],
    [/Runtime/, `1@${CONTAINER}`],
    [/LeaderCount/, 12],
    [/UncleanLeaderElections/, 3 * seconds],
    [/name=BrokerRequestHandler/, 0.25e9 * seconds],
    [/name=RequestHandler/, 0.6e9 * seconds],
    [
      /socket-server/,
      {
        "kafka.server:type=socket-server-metrics,listener=CLIENT,networkProcessor=0": {
          "io-wait-time-ns-total": 0.1e9 * seconds,
        },
        "kafka.server:type=socket-server-metrics,listener=CLIENT,networkProcessor=1": {
          "io-wait-time-ns-total": 0.3e9 * seconds,
        },
        "kafka.server:type=socket-server-metrics,listener=CONTROLLER,networkProcessor=0": {
          "io-wait-time-ns-total": 1e9 * seconds,
        },
      },
    ],
    [/MessagesInPerSec/, 1_000 * seconds],
    [/name=Bytes(In|Out)PerSec/, 200_000 * seconds],
    [/Replication/, 400_000 * seconds],
    [/RequestMetrics/, undefined],
  ];
  return async (_, reads) =>
    reads.map(({ mbean }) => {
      if (without.test(mbean)) return undefined;
      const time = /name=(\w+TimeMs)/.exec(mbean)?.[1];
      return time ? requests(time) : values.find(([pattern]) => pattern.test(mbean))?.[1];
    });
}

async function counters(seconds: number, without?: RegExp): Promise<BrokerCounters> {
  return {
    ...(await readBrokerCounters("http://broker/jolokia", jolokia(seconds, without))),
    atMs: 1_000 * seconds,
  };
}

describe("the metrics of a broker", () => {
  it("are those of the time between two readings", async () => {
    const metrics = brokerMetrics(PLACE, await counters(0), await counters(10), NONE);
    const rounded = JSON.parse(JSON.stringify(metrics), (_, value) =>
      typeof value === "number" ? Number(value.toFixed(6)) : value,
    );
    const requests = {
      perSec: 100,
      queueMs: 0.5,
      localMs: 0.75,
      remoteMs: 0.5,
      responseQueueMs: 0.25,
      totalMs: 2,
    };
    assert.deepEqual(rounded, {
      ...PLACE,
      cpus: 0.6,
      throttled: null,
      handlersIdle: 0.25,
      networkThreadsIdle: 0.2,
      produce: requests,
      fetch: requests,
      messagesPerSec: 1_000,
      bytesInPerSec: 200_000,
      bytesOutPerSec: 200_000,
      replicationInPerSec: 400_000,
      replicationOutPerSec: 400_000,
      messagesPerProduce: 10,
      bytesPerProduce: 2_000,
      bytesPerFetch: 2_000,
      gc: 0.05,
      leaders: 12,
    });
  });

  it("use the handlers of broker and controller together where Kafka does not tell them apart", async () => {
    const older = /name=BrokerRequestHandler/;
    const metrics = brokerMetrics(PLACE, await counters(0, older), await counters(10, older), NONE);
    assert.equal(metrics.handlersIdle, 0.6);
  });

  it("are null, not zero, for what a broker does not report, and for all if it restarted or did not answer", async () => {
    const silent = brokerMetrics(PLACE, await counters(0, /./), await counters(10, /./), NONE);
    const restarted = brokerMetrics(PLACE, await counters(10), await counters(2), NONE);
    const gone = brokerMetrics(PLACE, await counters(0), undefined, NONE);
    for (const { cpus, handlersIdle, networkThreadsIdle, produce, gc, leaders } of [
      silent,
      restarted,
      gone,
    ]) {
      const all = [cpus, handlersIdle, networkThreadsIdle, gc, leaders, ...Object.values(produce)];
      assert.ok(all.every((value) => value === null));
    }
  });

  it("include how often its container was throttled", async () => {
    const throttling = {
      before: { [CONTAINER]: { periods: 100, throttled: 10 } },
      after: { [CONTAINER]: { periods: 200, throttled: 60 } },
    };
    assert.equal(brokerMetrics(PLACE, await counters(0), await counters(10), throttling).throttled, 0.5);
  });
});

const machine = (seconds: number, more: Partial<MachineCounters> = {}): MachineCounters => ({
  atMs: 1_000 * seconds,
  cpus: 2,
  busySec: 1.5 * seconds,
  stealSec: 0.1 * seconds,
  pressureUs: { cpu: 400_000 * seconds, io: null, memory: 0 },
  disk: { readBytes: 0, writtenBytes: 5e6 * seconds, busyMs: { sda: 100 * seconds, sdb: 300 * seconds } },
  throttling: {},
  ownCpuSec: 0.02 * seconds,
  ...more,
});
const node = (name: string, bootId: string, seconds: number, more?: Partial<MachineCounters>) => ({
  node: name,
  machine: bootId,
  counters: machine(seconds, more),
});

describe("unclean leader elections", () => {
  it("are those between two readings, by the controller that saw most of them", async () => {
    const [first, last, blind] = await Promise.all([counters(2), counters(5), counters(5, /Unclean/)]);
    assert.equal(uncleanElections([first], [last]), 9);
    assert.equal(uncleanElections([first, first], [last, blind]), 9);
    assert.equal(uncleanElections([first, first], [undefined, last]), 9);
  });

  it("are counted from 0 by a controller that restarted, and unknown without one", async () => {
    const [first, last, blind] = await Promise.all([counters(5), counters(2), counters(5, /Unclean/)]);
    assert.equal(uncleanElections([first], [last]), 6);
    assert.equal(uncleanElections([undefined], [last]), 6);
    assert.equal(uncleanElections([blind], [blind]), null);
    assert.equal(uncleanElections([first], [undefined]), null);
  });
});

describe("the metrics of machines", () => {
  const agents = [{ name: "producers.1", node: "node3", machine: "boot" }];
  const brokers = [{ name: "broker-1", node: "node2" }];

  it("are those of the time between two readings, once for all nodes of a machine", () => {
    const at = (seconds: number) => ["node2", "node3"].map((name) => node(name, "boot", seconds));
    const [only, ...others] = machineMetrics({ brokers, agents, agentMachines: new Map() }, at(0), at(10));
    assert.deepEqual(
      [only, others],
      [
        {
          nodes: ["node2", "node3"],
          brokers: ["broker-1"],
          agents: ["producers.1"],
          cpus: 2,
          cpusBusy: 1.5,
          cpusStolen: 0.1,
          pressure: { cpu: 0.4, io: null, memory: 0 },
          disk: { readPerSec: 0, writtenPerSec: 5e6, busy: 0.3 },
        },
        [],
      ],
    );
  });

  it("tell machines apart by their boot id", () => {
    const at = (seconds: number) => [node("node2", "a", seconds), node("node3", "boot", seconds)];
    const machines = machineMetrics({ brokers, agents, agentMachines: new Map() }, at(0), at(10));
    assert.deepEqual(machines.map(({ nodes, brokers: on, agents: with_ }) => [nodes, on, with_]).sort(), [
      [["node2"], ["broker-1"], []],
      [["node3"], [], ["producers.1"]],
    ]);
  });

  it("are only those that agents report if there are no probes: how busy the machine was", () => {
    const agentMachines = new Map([["boot", { cpus: 4, cpusBusy: 3 }]]);
    const [only] = machineMetrics({ brokers, agents, agentMachines }, [], []);
    assert.deepEqual(
      [only?.cpusBusy, only?.cpus, only?.cpusStolen, only?.pressure.cpu, only?.brokers],
      [3, 4, null, null, []],
    );
  });
});

describe("what the benchmark itself used", () => {
  const readings = (seconds: number, more?: Partial<MachineCounters>): Readings => ({
    atMs: 1_000 * seconds,
    brokers: [],
    nodes: [node("node1", "boot", seconds), node("node2", "boot", seconds, more)],
    runnerCpuSec: 0.06 * seconds,
  });
  const machines = machineMetrics(
    { brokers: [], agents: [], agentMachines: new Map() },
    readings(0).nodes,
    readings(10).nodes,
  );

  it("is the CPU time of the runner and of the probes of all nodes, and their share of all CPUs", () => {
    const { runnerCpus, probesCpus, share } = ownCost(readings(0), readings(10), machines);
    assert.deepEqual([runnerCpus, probesCpus, share?.toFixed(3)], [0.06, 0.04, "0.050"]);
  });

  it("is unknown for the probes if one of them did not report it", () => {
    const { probesCpus, share } = ownCost(readings(0), readings(10, { ownCpuSec: null }), machines);
    assert.deepEqual([probesCpus, share], [null, 0.03]);
  });
});

describe("a reading", () => {
  it("asks each broker once, and lacks what does not answer", async () => {
    const asked: string[] = [];
    const read: ReadMbeans = (url, reads) => {
      asked.push(url);
      return url.includes("gone") ? Promise.reject(new Error("no answer")) : jolokia(1)(url, reads);
    };
    const brokers = ["there", "gone"].map((name) => ({ name, jolokiaUrl: `http://${name}/jolokia` }));
    const client = { counters: () => Promise.reject(new Error("404")) };
    const probes = [{ node: "node1", machine: "boot", client }] as unknown as Parameters<
      typeof takeReadings
    >[1];
    const reading = await takeReadings(brokers, probes, read);
    assert.deepEqual(
      [asked.length, reading.brokers.map((broker) => broker?.cpuSec), reading.nodes],
      [2, [5.6, undefined], []],
    );
    assert.equal(cpuReading(reading), undefined, "a sum without one broker would be wrong");
    const { seconds, jitSec } =
      cpuReading({ ...reading, brokers: reading.brokers.slice(0, 1) }) ?? assert.fail();
    assert.deepEqual([seconds, jitSec], [5.6, [1.01]]);
  });
});

describe("the resources of a step", () => {
  const agent = (task: string, on: string) => ({
    task,
    node: on,
    hello: { machine: { bootId: on === "node3" ? "b" : "a", cpus: 2 } },
  });
  const order = (cpuLimit?: number, agents: object = {}) =>
    ({
      target: {
        agents,
        brokerMetrics: [{ name: "broker-1", jolokiaUrl: "http://broker-1/jolokia", cpuLimit }],
        network: { nodes: ["node2", "node3"], brokers: [{ name: "broker-1", node: "node2" }] },
      },
      network: [
        { from: "node3", to: "node2", network: "overlay", throughputBitPerSec: 1e9 },
        { from: "node1", to: "node2", network: "overlay", throughputBitPerSec: 2e9 },
        { from: "node2", to: "node3", network: "overlay", throughputBitPerSec: null },
        { from: "node3", to: "node2", network: "host", throughputBitPerSec: 9e9 },
      ],
    }) as unknown as StepOrder;
  const findings = (on: string) =>
    ({
      measured: {
        before: { atMs: 0, brokers: [undefined], nodes: [node("node2", "a", 0)], runnerCpuSec: 0 },
        after: { atMs: 10_000, brokers: [undefined], nodes: [node("node2", "a", 10)], runnerCpuSec: 1 },
      },
      producers: [agent("producers.1", on)],
      consumers: [],
      timeline: { machineUse: () => new Map([["b", 1]]) },
    }) as unknown as StepFindings;

  it("have a broker's limit: its own, or the CPUs of its machine; and its link as measured before the load", () => {
    const [broker] = stepResources(order(0.5), findings("node3")).brokers;
    assert.deepEqual(
      [broker?.node, broker?.cpuLimit, broker?.linkInBitPerSec, broker?.linkOutBitPerSec],
      ["node2", 0.5, 2e9, null],
    );
    const { brokers, machines } = stepResources(order(), findings("node3"));
    assert.equal(brokers[0]?.cpuLimit, 2);
    assert.deepEqual(machines.map(({ agents }) => agents.length).sort(), [0, 1]);
  });

  it("have the link of the nodes' own network if brokers and agents use it", () => {
    const onHost = order(undefined, { nodeAddresses: ["10.0.0.3"] });
    assert.equal(stepResources(onHost, findings("node3")).brokers[0]?.linkInBitPerSec, 9e9);
  });

  it("have no link if all agents are on the broker's node", () => {
    const [broker] = stepResources(order(), findings("node2")).brokers;
    assert.deepEqual([broker?.linkInBitPerSec, broker?.linkOutBitPerSec], [null, null]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BrokerMetrics, MachineMetrics } from "../../contract/resources.ts";
import { sloSchema } from "../../contract/workload.ts";
import { brokerMetrics, machineMetrics } from "../../test/support/sampleResources.ts";
import { saturatedResources } from "./saturation.ts";

const slo = sloSchema.parse({});
const idleGenerator = { scheduleLagMsP99: 2, cpu: 0.4, consumers: { cpuWait: 0.05, eventLoopDelayMs: 2 } };
const own = (changes: Partial<MachineMetrics> = {}) => machineMetrics({ agents: [], ...changes });

function saturated(step: {
  brokers?: BrokerMetrics[];
  machines?: MachineMetrics[];
  generator?: Partial<typeof idleGenerator>;
}): string[] {
  const { brokers = [brokerMetrics()], machines = [own()], generator } = step;
  const found = saturatedResources({ brokers, machines, generator: { ...idleGenerator, ...generator } }, slo);
  return found.map(({ resource, place }) => `${resource} ${place}`);
}

describe("the saturated resources of a step", () => {
  it("are none if no resource was near its limit", () => {
    assert.deepEqual(saturated({}), []);
  });

  const ofBroker: [Partial<BrokerMetrics>, Partial<BrokerMetrics>, string][] = [
    [{ cpus: 0.45, cpuLimit: 0.5 }, { cpus: 0.44, cpuLimit: 0.5 }, "broker-cpu broker-1"],
    [{ throttled: 0.1 }, { throttled: 0.09 }, "broker-throttled broker-1"],
    [{ handlersIdle: 0.29 }, { handlersIdle: 0.3 }, "request-handlers broker-1"],
    [{ networkThreadsIdle: 0.1 }, { networkThreadsIdle: 0.3 }, "network-threads broker-1"],
    [
      { bytesInPerSec: 6e6, replicationInPerSec: 4e6, linkInBitPerSec: 1e8 },
      { bytesInPerSec: 6e6, replicationInPerSec: 3e6, linkInBitPerSec: 1e8 },
      "network broker-1",
    ],
    [
      { bytesOutPerSec: 1e7, linkOutBitPerSec: 1e8 },
      { bytesOutPerSec: 9e6, linkOutBitPerSec: 1e8 },
      "network broker-1",
    ],
  ];
  for (const [beyond, below, expected] of ofBroker) {
    const broker = (changes: Partial<BrokerMetrics>) =>
      brokerMetrics({ replicationInPerSec: 0, replicationOutPerSec: 0, ...changes });
    it(`include ${expected} with ${JSON.stringify(beyond)}, not with ${JSON.stringify(below)}`, () => {
      assert.deepEqual(saturated({ brokers: [broker(beyond)] }), [expected]);
      assert.deepEqual(saturated({ brokers: [broker(below)] }), []);
    });
  }

  const ofMachine: [Partial<MachineMetrics>, string[]][] = [
    [{ cpusBusy: 1.8, cpus: 2 }, ["machine-cpu node2"]],
    [{ cpusBusy: 1.79, cpus: 2 }, []],
    [{ cpusBusy: 1.5, cpus: 2, pressure: { cpu: 0.3, io: 0, memory: 0 } }, ["machine-cpu node2"]],
    [{ cpusStolen: 0.2, cpus: 2 }, ["machine-steal node2"]],
    [{ pressure: { cpu: 0, io: 0.3, memory: 0 } }, ["disk node2"]],
    [{ pressure: { cpu: 0, io: 0, memory: 0.3 } }, ["memory node2"]],
    [
      {
        pressure: { cpu: 0, io: null, memory: 0 },
        disk: { readPerSec: 0, writtenPerSec: 1e8, busy: 0.95 },
      },
      ["disk node2"],
    ],
    // A busy disk on which nothing waits is no limit.
    [
      {
        pressure: { cpu: 0, io: 0.05, memory: 0 },
        disk: { readPerSec: 0, writtenPerSec: 1e8, busy: 0.95 },
      },
      [],
    ],
  ];
  for (const [machine, expected] of ofMachine) {
    it(`are ${expected.join() || "none"} with ${JSON.stringify(machine)}`, () => {
      assert.deepEqual(saturated({ machines: [own(machine)] }), expected);
    });
  }

  it("do not blame a machine with idle CPUs for tasks that wait because of their own limit", () => {
    const machine = own({ cpusBusy: 0.9, cpus: 2, pressure: { cpu: 0.6, io: 0, memory: 0 } });
    assert.deepEqual(saturated({ machines: [machine] }), []);
  });

  it("name who shares a machine, once for all of its nodes", () => {
    const shared = machineMetrics({ nodes: ["node1", "node2"], cpusBusy: 2, cpus: 2 });
    const [found, ...others] = saturatedResources(
      { brokers: [brokerMetrics()], machines: [shared], generator: idleGenerator },
      slo,
    );
    assert.deepEqual(
      [found?.resource, found?.place, found?.text, others],
      ["machine-cpu", "node1+node2", "this machine's CPUs, which brokers and agents share", []],
    );
  });

  it("count the CPUs of machines with agents alone as the generator's, and ignore machines with neither", () => {
    const busy = { cpusBusy: 2, cpus: 2, pressure: { cpu: 0.9, io: 0.9, memory: 0.9 } };
    const agents = machineMetrics({ nodes: ["node3"], brokers: [], ...busy });
    const monitor = machineMetrics({ nodes: ["node1"], brokers: [], agents: [], ...busy });
    assert.deepEqual(saturated({ machines: [own(), agents, monitor] }), ["generator node3"]);
  });

  it("include producers that were late or used a whole CPU, and consumers that were starved", () => {
    assert.deepEqual(saturated({ generator: { scheduleLagMsP99: 11 } }), ["generator producers"]);
    assert.deepEqual(saturated({ generator: { cpu: 0.95 } }), ["generator producers"]);
    const consumers = { cpuWait: 0.6, eventLoopDelayMs: 2 };
    assert.deepEqual(saturated({ generator: { consumers } }), ["generator consumers"]);
  });

  it("are ordered by how directly they explain: a broker's own limit, the machine, the generator, Kafka's threads", () => {
    const broker = brokerMetrics({ cpus: 0.5, cpuLimit: 0.5, throttled: 0.8, handlersIdle: 0.1 });
    const machine = machineMetrics({ cpusBusy: 2, cpus: 2, pressure: { cpu: 0.5, io: 0.4, memory: 0 } });
    assert.deepEqual(
      saturated({ brokers: [broker], machines: [machine], generator: { scheduleLagMsP99: 20 } }),
      [
        "broker-throttled broker-1",
        "broker-cpu broker-1",
        "machine-cpu node2",
        "generator producers",
        "disk node2",
        "request-handlers broker-1",
      ],
    );
  });

  it("list first the broker that is furthest beyond its limit", () => {
    const brokers = [
      brokerMetrics({ name: "broker-1", handlersIdle: 0.25 }),
      brokerMetrics({ name: "broker-2", handlersIdle: 0.05 }),
    ];
    assert.deepEqual(saturated({ brokers }), ["request-handlers broker-2", "request-handlers broker-1"]);
  });

  it("are none if nothing could be measured", () => {
    const nothing = Object.fromEntries(Object.keys(brokerMetrics()).map((key) => [key, null]));
    const broker = { ...nothing, name: "broker-1", produce: null, fetch: null } as unknown as BrokerMetrics;
    const machine = own({
      cpusBusy: null,
      cpusStolen: null,
      pressure: { cpu: null, io: null, memory: null },
      disk: null,
    });
    const generator = { scheduleLagMsP99: null, cpu: null, consumers: null };
    assert.deepEqual(saturatedResources({ brokers: [broker], machines: [machine], generator }, slo), []);
    assert.deepEqual(saturatedResources({ brokers: [], machines: [], generator }, slo), []);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostAgentPort, MOST_AGENT_TASKS } from "../contract/hostAgents.ts";
import { settingsErrorsOf } from "../test/support/settingsErrors.ts";
import { portsOnHost } from "./hostNetwork.ts";
import { parseSettings } from "./settings.ts";

function parse(config: Record<string, object>) {
  const text = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  return parseSettings(Object.fromEntries(text), "local", "ann");
}
const errorsOf = (config: Record<string, object>) =>
  settingsErrorsOf(() => parse(config)).map((line) => line.replace(/^swarmbench:/, ""));
const host = { network: "host" };
const anyone = { externalAccess: "anyone" };

describe("the network of brokers and agents", () => {
  it("is the overlay unless it is set, and then nothing else is checked", () => {
    assert.equal(parse({}).swarm.network, "overlay");
    assert.equal(parse({ swarm: { registryPort: 9092 } }).swarm.registryPort, 9092);
  });

  it("is overlay or host", () =>
    assert.deepEqual(errorsOf({ swarm: { network: "bridge" } }), [
      "swarm.network: expected one of host, overlay",
    ]));

  for (const security of ["PLAINTEXT", "SSL"]) {
    it(`is not the nodes' own if ${security} leaves the brokers open to anyone, unless that is set`, () => {
      const [error, ...more] = errorsOf({ swarm: host, kafka: { security } });
      assert.match(
        error ?? "",
        new RegExp(`^swarm.network: with host and kafka.security ${security} anyone`),
      );
      assert.match(error ?? "", /set kafka\.security to SASL_SSL, or kafka\.externalAccess to anyone$/);
      assert.deepEqual(more, []);
      assert.equal(parse({ swarm: host, kafka: { security, ...anyone } }).swarm.network, "host");
    });
  }

  it("may be the nodes' own if clients need a password, or without Kafka", () => {
    for (const security of ["SASL_SSL", "SASL_PLAINTEXT"]) {
      assert.equal(parse({ swarm: host, kafka: { security } }).swarm.network, "host");
    }
    assert.equal(parse({ swarm: host, kafka: { enabled: false } }).swarm.network, "host");
  });

  for (const [path, port, user] of [
    ["swarm.registryPort", 9092, "Kafka uses"],
    ["swarm.registryPort", 8779, "Kafka uses"],
    ["swarm.dataPathPort", 7101, "agents use"],
    ["kafka.externalPort", 9094, "Kafka uses"],
    ["kafka.externalPort", 7500, "agents use"],
  ] as const) {
    it(`leaves ${path} no port that brokers or agents use on the nodes, such as ${port}`, () => {
      const [key = "", option = ""] = path.split(".");
      const config = { swarm: host, kafka: anyone };
      const changed = { ...config, [key]: { ...config[key as "swarm" | "kafka"], [option]: port } };
      assert.deepEqual(errorsOf(changed), [
        `${path}: with swarm.network host, ${user} port ${port} of the nodes; choose another`,
      ]);
    });
  }

  it("accepts the ports next to those of brokers and agents", () => {
    const swarm = { ...host, registryPort: 7501, dataPathPort: 7100 };
    assert.equal(parse({ swarm, kafka: { ...anyone, externalPort: 9095 } }).swarm.registryPort, 7501);
  });
});

describe("the ports that the nodes need of each other", () => {
  it("are those of Kafka and of every agent's task", () => {
    const agents = (tasks: number) => ({ tasks, limits: {} });
    assert.deepEqual(portsOnHost({ producers: agents(2), consumers: agents(1) }), [
      ...["9092/tcp", "9093/tcp", "9094/tcp", "8778/tcp", "8779/tcp"],
      ...["7101/tcp", "7101/udp", "7102/tcp", "7102/udp", "7301/tcp", "7301/udp"],
    ]);
  });
});

describe("the ports of agents on the nodes' own network", () => {
  it("are different for all tasks of both services", () => {
    const slots = Array.from({ length: MOST_AGENT_TASKS }, (_, index) => index + 1);
    const ports = (["producer", "consumer"] as const).flatMap((role) =>
      slots.map((slot) => hostAgentPort(role, slot)),
    );
    assert.deepEqual([...new Set(ports)], ports);
    assert.deepEqual([Math.min(...ports), Math.max(...ports)], [7101, 7500]);
  });
});

import assert from "node:assert/strict";
import type http from "node:http";
import { after, before, describe, it } from "node:test";
import { hostAgentPort } from "../../contract/hostAgents.ts";
import type { AgentRole } from "../../contract/request.ts";
import { fakeContext } from "../../test/support/fakeContext.ts";
import { PATHS, PROTOCOL_VERSION } from "../agent/protocol.ts";
import { serveJson } from "../httpServer.ts";
import { findFleet } from "./fleet.ts";
import { peerOf } from "./workers.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
/** Addresses of nodes, on this machine's loopback interface. */
const NODES = ["127.83.0.1", "127.83.0.2"] as const;

/** A task on the nodes' own network that answers only `hello`. */
async function task(role: AgentRole, slot: number, host: string): Promise<http.Server> {
  const port = hostAgentPort(role, slot);
  const machine = { cpus: 2, memoryMiB: 1, cpuModel: "", kernel: "", bootId: "" };
  const identity = { protocol: PROTOCOL_VERSION, role, task: `${role}s.${slot}`, node: `node at ${host}` };
  const hello = { ...identity, run: null, machine, versions: {}, exchangePort: port, faults: [] };
  return serveJson({ [`GET ${PATHS.hello}`]: () => hello }, { port, host }, { token: TOKEN });
}

describe("the agents on the nodes' own network", { skip: process.platform !== "linux" }, () => {
  const servers: http.Server[] = [];
  before(async () => {
    const tasks = [
      task("producer", 1, NODES[1]),
      task("producer", 2, NODES[0]),
      task("producer", 3, NODES[0]),
      task("consumer", 1, NODES[1]),
    ];
    servers.push(...(await Promise.all(tasks)));
  });
  after(() => {
    for (const server of servers) server.close();
  });
  const find = (producers: number, nodeAddresses: readonly string[] = NODES) =>
    findFleet(
      {
        token: TOKEN,
        agents: {
          producer: { tasks: producers },
          consumer: { tasks: 1 },
          nodeAddresses: [...nodeAddresses],
        },
      },
      "a-run",
      fakeContext(),
      assert.fail,
    );

  it("are found without a name server, on whichever node each task runs, in their order", async () => {
    const { producers, consumers } = await find(3);
    assert.deepEqual(
      [...producers, ...consumers].map((agent) => [agent.task, agent.address, agent.hello.exchangePort]),
      [
        ["producers.1", NODES[1], 7101],
        ["producers.2", NODES[0], 7102],
        ["producers.3", NODES[0], 7103],
        ["consumers.1", NODES[1], 7301],
      ],
    );
  });

  it("exchange timestamps at their own address and port", async () => {
    const { producers } = await find(3);
    assert.deepEqual(
      producers.slice(0, 2).map((agent) => peerOf(agent)),
      [
        { name: "producers.1", host: NODES[1], port: 7101 },
        { name: "producers.2", host: NODES[0], port: 7102 },
      ],
    );
  });

  it("are waited for until all of them answer, and the error names where they were looked for", async () => {
    await assert.rejects(find(3, [NODES[0]]), {
      code: "agent-failed",
      message:
        /waiting for the producers to answer: 2 of 3 tasks answer on ports 7101 to 7103 of 127\.83\.0\.1$/,
    });
  });
});

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { samplePrepare } from "../../test/support/samplePrepare.ts";
import { AgentProcess } from "./process.ts";

const TOKEN = "0123456789abcdef".repeat(3);

describe("an agent on this machine", () => {
  const processes: AgentProcess[] = [];
  const start = () => {
    const process = new AgentProcess({
      role: "producer",
      task: "producers.1",
      node: "here",
      token: TOKEN,
      kafkaSecrets: {},
    });
    processes.push(process);
    return process;
  };
  after(() => Promise.all(processes.map((each) => each.close())));

  it("answers calls that were made before it had started", async () => {
    const { port } = start();
    const { role, task, node, exchangePort } = await port.hello();
    assert.deepEqual({ role, task, node }, { role: "producer", task: "producers.1", node: "here" });
    assert.ok(exchangePort > 0);
  });

  it("runs a step as an agent of a stack does, here with the client that reaches no broker", async () => {
    const { port } = start();
    const id = { run: "r1", step: 1 };
    const kafka = {
      bootstrap: ["nowhere:9092"],
      brokers: [{ id: 1, host: "nowhere", port: 9092 }],
      security: { protocol: "PLAINTEXT" as const },
    };
    await port.prepare(samplePrepare(id, { client: "null", producers: 2, rate: 50 }, { kafka }));
    await port.start({ ...id, atUs: Date.now() * 1_000 + 200_000 });
    const report = await port.report(id, 0);
    assert.equal(report.role, "producer");
    const totals = await port.collect({ ...id, timeoutMs: 0 });
    assert.equal(totals.role, "producer");
  });

  it("names itself in an error", async () => {
    const { port } = start();
    await assert.rejects(port.tally({ run: "r1", step: 1 }), {
      code: "agent-failed",
      message: /agent producers\.1 on this machine: the agent has no step/,
    });
  });

  it("fails every call once its process has ended", async () => {
    const process = start();
    await process.port.hello();
    await process.close();
    assert.equal(process.hasEnded, true);
    await assert.rejects(process.port.hello(), { code: "agent-failed", message: /its process has ended/ });
  });
});

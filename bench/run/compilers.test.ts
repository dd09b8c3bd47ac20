import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AskMetrics } from "../kafka/metrics.ts";
import { compilersBetween, readBrokerCpu } from "./brokerCpu.ts";
import { Compilers } from "./compilers.ts";

const brokers = ["a", "b"].map((name) => ({ name, jolokiaUrl: `http://${name}:8778/jolokia` }));

describe("brokers' compilers", () => {
  it("are at work while they work for more than a fifth of a thread in the last seconds", async () => {
    let [nowMs, compilingSec] = [0, 0];
    const compilers = new Compilers(async () => ({
      atMs: nowMs,
      seconds: 0,
      compilingSec: [0, compilingSec],
    }));
    const pass = async (share: number, seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1_000;
        compilingSec += share;
        await compilers.look(nowMs);
      }
    };
    await pass(0.5, 10);
    assert.equal(compilers.atWork, true);
    await pass(0.02, 14);
    assert.equal(compilers.atWork, false);
  });

  it("are not waited for where brokers do not tell", async () => {
    const compilers = new Compilers(async () => undefined);
    await compilers.look(0);
    await compilers.look(9_000);
    assert.equal(compilers.atWork, false);
  });

  it("are asked every two seconds at most, also where they do not answer", async () => {
    let asked = 0;
    const compilers = new Compilers(async () => {
      asked += 1;
      return undefined;
    });
    for (const nowMs of [0, 500, 1_000, 1_500, 1_999]) await compilers.look(nowMs);
    assert.equal(asked, 1);
  });

  it("are read of each broker, in seconds, with what all used of their CPUs", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, 1_000] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.compilingSec], [6, [1, 3]]);
  });

  it("count where they work most: one broker that was just started is not hidden by the others", () => {
    const at = (atMs: number, compilingSec: number[]) => ({ atMs, seconds: 0, compilingSec });
    assert.equal(compilersBetween(at(0, [1, 1, 1]), at(2_000, [1, 2, 1])), 0.5);
    assert.equal(compilersBetween(at(0, [1, 9]), at(2_000, [1, 0])), null);
  });

  it("are unknown where one of the brokers does not tell, and their CPUs still are known", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, undefined] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.compilingSec], [6, undefined]);
    assert.equal(compilersBetween(reading, reading), null);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AskMetrics } from "../../bench/kafka/metrics";
import { compilingShare, readBrokerCpu } from "../../bench/run/brokerCpu";
import { Compilers } from "../../bench/run/compilers";

const brokers = ["a", "b"].map((name) => ({ name, jolokiaUrl: `http://${name}:8778/jolokia` }));

describe("brokers' compilers", () => {
  it("are at work while they work for more than a tenth of the last seconds", async () => {
    let [nowMs, compilingSec] = [0, 0];
    const compilers = new Compilers(async () => ({ atMs: nowMs, seconds: 0, compilingSec }));
    const pass = async (share: number, seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1_000;
        compilingSec += share;
        await compilers.look(nowMs);
      }
    };
    await pass(0.5, 10);
    assert.equal(compilers.atWork, true);
    await pass(0.02, 10);
    assert.equal(compilers.atWork, false);
  });

  it("are not waited for where brokers do not tell", async () => {
    const compilers = new Compilers(async () => undefined);
    await compilers.look(0);
    await compilers.look(9_000);
    assert.equal(compilers.atWork, false);
  });

  it("are asked every two seconds at most", async () => {
    let asked = 0;
    const compilers = new Compilers(async () => {
      asked += 1;
      return { atMs: 0, seconds: 0, compilingSec: 0 };
    });
    for (const nowMs of [0, 500, 1_000, 1_500, 1_999]) await compilers.look(nowMs);
    assert.equal(asked, 1);
  });

  it("are read as the mean of all brokers, in seconds, with what they used of their CPUs", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, 1_000] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.compilingSec], [6, 2]);
  });

  it("are unknown where one of the brokers does not tell, and their CPUs still are known", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, undefined] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.compilingSec], [6, undefined]);
    assert.equal(compilingShare(reading, reading), null);
  });
});

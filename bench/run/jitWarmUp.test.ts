import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AskMetrics } from "../kafka/metrics.ts";
import { jitThreadsBetween, readBrokerCpu } from "./brokerCpu.ts";
import { JitWarmUp } from "./jitWarmUp.ts";

const brokers = ["a", "b"].map((name) => ({ name, jolokiaUrl: `http://${name}:8778/jolokia` }));

describe("the JIT compilers of brokers", () => {
  it("are busy while they use more than a fifth of a thread in the last seconds", async () => {
    let [nowMs, jitSec] = [0, 0];
    const warmUp = new JitWarmUp(async () => ({
      atMs: nowMs,
      seconds: 0,
      jitSec: [0, jitSec],
    }));
    const pass = async (share: number, seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1_000;
        jitSec += share;
        await warmUp.update(nowMs);
      }
    };
    await pass(0.5, 10);
    assert.equal(warmUp.busy, true);
    await pass(0.02, 14);
    assert.equal(warmUp.busy, false);
  });

  it("are not waited for if brokers do not report them", async () => {
    const warmUp = new JitWarmUp(async () => undefined);
    await warmUp.update(0);
    await warmUp.update(9_000);
    assert.equal(warmUp.busy, false);
  });

  it("are read at most every two seconds, also if brokers do not answer", async () => {
    let asked = 0;
    const warmUp = new JitWarmUp(async () => {
      asked += 1;
      return undefined;
    });
    for (const nowMs of [0, 500, 1_000, 1_500, 1_999]) await warmUp.update(nowMs);
    assert.equal(asked, 1);
  });

  it("are read for each broker, in seconds, with the CPU time of all", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, 1_000] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.jitSec], [6, [1, 3]]);
  });

  it("count for the busiest broker: one that has just started is not hidden by the others", () => {
    const at = (atMs: number, jitSec: number[]) => ({ atMs, seconds: 0, jitSec });
    assert.equal(jitThreadsBetween(at(0, [1, 1, 1]), at(2_000, [1, 2, 1])), 0.5);
    assert.equal(jitThreadsBetween(at(0, [1, 9]), at(2_000, [1, 0])), null);
  });

  it("are unknown if one broker does not report them, while CPU usage is still known", async () => {
    const ask: AskMetrics = async (url) => (url.includes("//a") ? [2e9, undefined] : [4e9, 3_000]);
    const reading = await readBrokerCpu(brokers, ask);
    assert.deepEqual([reading?.seconds, reading?.jitSec], [6, undefined]);
    assert.equal(jitThreadsBetween(reading, reading), null);
  });
});
